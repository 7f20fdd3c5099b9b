/**
 * `strata backend`: the embedded backend alone.
 */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Effect, Option } from "effect"
import { Application } from "../Application.ts"
import { dim, note, print } from "../Output.ts"

const port = Options.integer("port").pipe(
  Options.withDescription("Port on the loopback address; chosen by the system when absent"),
  Options.optional
)

const faults = Options.boolean("faults").pipe(
  Options.withDescription(
    "Let clients on this machine ask for faults (latency, statuses, dropped answers, cut connections)"
  )
)

export const backend = Command.make("backend", { port, faults }, (options) =>
  Effect.scoped(Effect.gen(function*() {
    const application = yield* Application
    const running = yield* application.backend({ port: Option.getOrUndefined(options.port), faults: options.faults })
    yield* print(running.url)
    yield* note(dim(`OpenAPI at ${running.url}/docs. Ctrl-C ends it.`))
    return yield* Effect.never
  }))).pipe(Command.withDescription("Run the embedded backend until it is ended"))
