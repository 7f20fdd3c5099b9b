/**
 * `strata doctor`: whether everything the application needs is there and works.
 */
import * as Command from "@effect/cli/Command"
import { Chunk, Effect, Schema, Stream } from "effect"
import { Check } from "../../domain/operations/Check.ts"
import { Diagnostics } from "../../domain/operations/Diagnostics.ts"
import { Application } from "../Application.ts"
import { json } from "../Arguments.ts"
import { CommandFailed } from "../CommandFailed.ts"
import { inEnvironment } from "../InEnvironment.ts"
import { bold, dim, green, print, printable, printJson, printRows, red, yellow } from "../Output.ts"

const mark = { ok: green("✔"), warning: yellow("!"), failed: red("✖") }

const printCheck = (check: Check) =>
  Effect.gen(function*() {
    yield* print(`${mark[check.status]} ${check.name}  ${printable(check.detail)}`)
    if (check.fix !== undefined) yield* print(dim(`    ${printable(check.fix)}`))
  })

export const doctor = Command.make("doctor", { json }, (options) =>
  Effect.gen(function*() {
    const { externalApis } = yield* Application
    const diagnostics = yield* Diagnostics
    const checks = Chunk.toReadonlyArray(
      yield* Stream.runCollect(options.json ? diagnostics.checks : Stream.tap(diagnostics.checks, printCheck))
    )
    if (options.json) {
      yield* printJson(
        "doctor",
        Schema.Struct({ checks: Schema.Array(Check), externalApis: Schema.Unknown }),
        { checks, externalApis }
      )
    } else {
      yield* print(`\n${bold("Protocols and interfaces spoken")}`)
      yield* printRows(
        externalApis.map(({ name, specification, version }) => [`  ${name}`, version, dim(specification)])
      )
    }
    const failed = checks.filter((check) => check.status === "failed")
    if (failed.length > 0) {
      return yield* new CommandFailed({
        reason: `${failed.length} of ${checks.length} checks failed: ${failed.map(({ name }) => name).join(", ")}`,
        next: "Each failed check says above what to do."
      })
    }
  }).pipe(inEnvironment("doctor"))).pipe(
    Command.withDescription("Look at everything the application needs; exit 1 when something failed")
  )
