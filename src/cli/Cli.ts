/**
 * The `strata` command.
 */
import * as CliConfig from "@effect/cli/CliConfig"
import * as Command from "@effect/cli/Command"
import { Effect } from "effect"
import { Application } from "./Application.ts"
import { backend } from "./commands/Backend.ts"
import { config } from "./commands/Config.ts"
import { doctor } from "./commands/Doctor.ts"
import { layers } from "./commands/Layers.ts"
import { notes } from "./commands/Notes.ts"
import { login, logout, whoami } from "./commands/Session.ts"
import { tour } from "./commands/Tour.ts"
import { traces } from "./commands/Traces.ts"
import { up } from "./commands/Up.ts"
import * as Help from "./Help.ts"
import * as TerminalConsole from "./TerminalConsole.ts"

const strata = Command.make("strata").pipe(
  Command.withDescription("The infrastructure of a client application, at work"),
  Command.withSubcommands([tour, up, login, logout, whoami, notes, config, doctor, traces, layers, backend])
)

/** Where a command reads its words and writes its lines. */
export interface Invocation {
  /** As `process.argv`: runtime, script, words. */
  readonly argv: ReadonlyArray<string>
  readonly stdout: TerminalConsole.Stream
  readonly stderr: TerminalConsole.Stream
}

/** Runs one invocation. Without words it shows the help. Failures are not printed here: see `FailureReport`. */
export const run = ({ argv, stderr, stdout }: Invocation) =>
  Effect.gen(function*() {
    const application = yield* Application
    const words = argv.slice(2)
    const console = TerminalConsole.make(stdout, stderr, Help.rewrite(Help.commandPath(words)))
    const command = Command.run(strata, { name: "strata", version: application.version })
    yield* command(words.length === 0 ? [...argv, "--help"] : argv).pipe(
      Effect.withConsole(console),
      Effect.provide(CliConfig.layer({ showBuiltIns: false }))
    )
  })
