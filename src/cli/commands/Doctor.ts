/**
 * `strata doctor`: whether everything the application needs is there and works.
 */
import * as Command from "@effect/cli/Command"
import { Chunk, Context, Effect, Layer, Schema, Stream } from "effect"
import { Check } from "../../domain/operations/Check.ts"
import { Diagnostics } from "../../domain/operations/Diagnostics.ts"
import { Maintenance } from "../../domain/operations/Maintenance.ts"
import { SecureStore } from "../../domain/storage/SecureStore.ts"
import { Application } from "../Application.ts"
import { json } from "../Arguments.ts"
import { CommandFailed } from "../CommandFailed.ts"
import { headline, next } from "../FailureReport.ts"
import { bold, dim, green, print, printable, printJson, printRows, red, yellow } from "../Output.ts"
import { unlocking } from "../Unlocking.ts"

const mark = { ok: green("✔"), warning: yellow("!"), failed: red("✖") }

const printCheck = (check: Check) =>
  Effect.gen(function*() {
    yield* print(`${mark[check.status]} ${check.name}  ${printable(check.detail)}`)
    if (check.fix !== undefined) yield* print(dim(`    ${printable(check.fix)}`))
  })

/** Checks ask nobody. What a person could open is open when they look; a wrong answer is what they find. */
const opened = Effect.gen(function*() {
  const { exists } = yield* (yield* Maintenance).status
  if (exists) yield* unlocking((yield* SecureStore).list)
}).pipe(
  Effect.catchIf((failure) => failure._tag !== "QuitException", () => Effect.void)
)

/** The checks of the environment as they are done; when it cannot even start, that is the finding. */
const everything = Stream.unwrapScoped(Effect.gen(function*() {
  const application = yield* Application
  const context = yield* Layer.build(application.environment)
  yield* Effect.provide(opened, context)
  return Context.get(context, Diagnostics).checks
})).pipe(
  Stream.catchAll((failure) =>
    failure._tag === "QuitException"
      ? Stream.fail(failure)
      : Stream.succeed(new Check({ name: "start", status: "failed", detail: headline(failure), fix: next(failure) }))
  )
)

export const doctor = Command.make("doctor", { json }, (options) =>
  Effect.gen(function*() {
    const { externalApis } = yield* Application
    const checks = Chunk.toReadonlyArray(
      yield* Stream.runCollect(options.json ? everything : Stream.tap(everything, printCheck))
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
  })).pipe(
    Command.withDescription("Look at everything the application needs; exit 1 when something failed")
  )
