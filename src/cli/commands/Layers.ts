/**
 * `strata layers`: which adapter serves which port. Builds no environment.
 */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Effect, Option, Schema } from "effect"
import { Application } from "../Application.ts"
import { json } from "../Arguments.ts"
import { bold, printJson, printRows } from "../Output.ts"

const env = Options.text("env").pipe(
  Options.withDescription("local, development, staging, production or test; the configured profile when absent"),
  Options.optional
)

export const layers = Command.make("layers", { env, json }, (options) =>
  Effect.gen(function*() {
    const application = yield* Application
    const adapters = yield* application.layers(Option.getOrUndefined(options.env))
    yield* options.json
      ? printJson("layers", Schema.Array(Schema.Struct({ port: Schema.String, adapter: Schema.String })), adapters)
      : printRows(adapters.map(({ adapter, port }) => [bold(port), adapter]))
  })).pipe(Command.withDescription("Show which adapter serves which port in a profile"))
