/**
 * The `strata` command.
 */
import * as CliConfig from "@effect/cli/CliConfig"
import * as Command from "@effect/cli/Command"
import * as ValidationError from "@effect/cli/ValidationError"
import type * as Terminal from "@effect/platform/Terminal"
import { Cause, Console, Effect, Option } from "effect"
import { Application } from "./Application.ts"
import { backend } from "./commands/Backend.ts"
import { config } from "./commands/Config.ts"
import { db } from "./commands/Db.ts"
import { doctor } from "./commands/Doctor.ts"
import { layers } from "./commands/Layers.ts"
import { notes } from "./commands/Notes.ts"
import { secrets } from "./commands/Secrets.ts"
import { login, logout, whoami } from "./commands/Session.ts"
import { tour } from "./commands/Tour.ts"
import { traces } from "./commands/Traces.ts"
import { up } from "./commands/Up.ts"
import { report } from "./FailureReport.ts"
import type { Failure } from "./FailureReport.ts"
import * as Help from "./Help.ts"
import { stripStyles } from "./Output.ts"
import * as StandardOutput from "./StandardOutput.ts"
import * as TerminalConsole from "./TerminalConsole.ts"

const strata = Command.make("strata").pipe(
  Command.withDescription("The infrastructure of a client application, at work"),
  Command.withSubcommands([
    tour,
    up,
    login,
    logout,
    whoami,
    notes,
    secrets,
    db,
    config,
    doctor,
    traces,
    layers,
    backend
  ])
)

/** Where a command reads its words and writes its lines. */
export interface Invocation {
  /** As `process.argv`: runtime, script, words. */
  readonly argv: ReadonlyArray<string>
  readonly stdout: TerminalConsole.Stream
  readonly stderr: TerminalConsole.Stream
}

/** Failures go to standard error in full, but for those that `@effect/cli` has printed itself; of a bug only its class, because its message may hold anything. */
const reportCause = (cause: Cause.Cause<Failure | ValidationError.ValidationError | Terminal.QuitException>) => {
  if (Cause.isInterruptedOnly(cause)) return Effect.void
  const lines = Option.match(Cause.failureOption(cause), {
    onSome: (failure) =>
      failure._tag === "QuitException" || ValidationError.isValidationError(failure) ? [] : report(failure),
    onNone: () => bugLines(Cause.squash(cause))
  })
  return Effect.forEach(lines, (line) => Console.error(line), { discard: true })
}

const bugLines = (defect: unknown): ReadonlyArray<string> => [
  `✖ Something went wrong that should not (${defect instanceof Error ? defect.name : typeof defect}).`,
  ...(defect instanceof Error
    ? (defect.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line)).slice(0, 8)
    : []),
  "  This is a bug of this program; please report it with the lines above."
]

/** What is printed for an exception that nobody caught. */
export const crashed = (stderr: TerminalConsole.Stream) => (error: unknown) => {
  stderr.write(`${bugLines(error).join("\n")}\n`)
}

/** What is printed when the output of the process cannot be written. */
export const unwritable = (stderr: TerminalConsole.Stream) => (error: { readonly code?: string }) => {
  stderr.write(`${report(StandardOutput.unwritable(error)).map(stripStyles).join("\n")}\n`)
}

/** Runs one invocation and reports its failure. Without words it shows the help. */
export const run = ({ argv, stderr, stdout }: Invocation) =>
  Effect.gen(function*() {
    const application = yield* Application
    const words = argv.slice(2)
    const console = TerminalConsole.make(
      stdout,
      stderr,
      Help.isRequested(words) ? Help.rewrite(Help.commandPath(words)) : undefined
    )
    const command = Command.run(strata, { name: "strata", version: application.version })
    yield* command(words.length === 0 ? [...argv, "--help"] : argv).pipe(
      Effect.tapErrorCause(reportCause),
      Effect.withConsole(console),
      Effect.provide(CliConfig.layer({ showBuiltIns: false }))
    )
  })
