/**
 * `strata db check`: whether the database is whole.
 */
import * as Command from "@effect/cli/Command"
import { Effect } from "effect"
import { DatabaseMaintenance, DatabaseReport } from "../../domain/operations/DatabaseMaintenance.ts"
import { json } from "../Arguments.ts"
import { CommandFailed } from "../CommandFailed.ts"
import { withDatabaseMaintenance } from "../InEnvironment.ts"
import { bytes, dim, green, print, printable, printableLine, printJson, printRows, red, yellow } from "../Output.ts"
import { telling } from "../Working.ts"

const describe = (report: DatabaseReport) =>
  Effect.gen(function*() {
    yield* printRows([
      [dim("where"), printable(report.location)],
      [dim("size"), report.exists ? bytes(report.bytes) : "not made yet"],
      [dim("schema"), report.exists ? `${report.version} of ${report.knownVersion}` : "not made yet"]
    ])
    for (const problem of report.problems) yield* print(`${red("✖")} ${printableLine(problem)}`)
    for (const advice of report.advice) yield* print(`${yellow("!")} ${printable(advice)}`)
  })

const failure = ({ advice, knownVersion, problems, version }: DatabaseReport) => {
  if (problems.length > 0) {
    return new CommandFailed({
      reason: "The database is damaged; it was left as it is",
      next: "The advice above says what to do."
    })
  }
  if (version > knownVersion) {
    return new CommandFailed({
      reason: "The database was written by a newer version of the application",
      next: "Install the version that wrote it, or a newer one; it was left as it is."
    })
  }
  return advice.length === 0
    ? undefined
    : new CommandFailed({ reason: "The database needs care", next: "The advice above says what to do." })
}

export const check = Command.make("check", { json }, (options) =>
  Effect.gen(function*() {
    const maintenance = yield* DatabaseMaintenance
    const report = yield* telling("reading every page")(maintenance.check)
    yield* options.json ? printJson("database", DatabaseReport, report) : describe(report)
    const failed = failure(report)
    if (failed !== undefined) return yield* failed
    if (!options.json) {
      yield* print(`${green("✔")} ${report.exists ? "The database is sound" : "There is no database yet"}`)
    }
  }).pipe(withDatabaseMaintenance("db check"))).pipe(
    Command.withDescription("Read every page of the database; exit 1 when something is wrong")
  )
