/**
 * The process's own streams, and the person at them, if there is one.
 */
import * as Prompt from "@effect/cli/Prompt"
import * as Terminal from "@effect/platform/Terminal"
import { Context, Effect } from "effect"
import type { Redacted } from "effect"
import type { CommandFailed } from "./CommandFailed.ts"
import * as StandardInput from "./StandardInput.ts"
import * as StandardOutput from "./StandardOutput.ts"

type Asked<A> = Effect.Effect<A, Terminal.QuitException, Prompt.Prompt.Environment>

/** Standard output may be read by a program: questions go to standard error. */
const onStandardError = <A>(prompt: Prompt.Prompt<A>): Asked<A> =>
  Effect.updateService(Prompt.run(prompt), Terminal.Terminal, (terminal) => ({
    ...terminal,
    display: (text) => Effect.sync(() => void process.stderr.write(text))
  }))

/** Replaced where a test speaks for the person. */
export class StandardStreams extends Context.Reference<StandardStreams>()("effect-strata/cli/StandardStreams", {
  defaultValue: () => ({
    /** Whether somebody can be asked: types here, and sees the question. */
    hasPerson: Effect.map(StandardInput.isTyped, (isTyped) => isTyped && process.stderr.isTTY),
    /** Whether a person types what is read. */
    isTyped: StandardInput.isTyped,
    /** Everything until the end of input. */
    read: StandardInput.read as Effect.Effect<string, CommandFailed>,
    /** Whether standard output is a terminal. */
    isShown: Effect.sync(() => process.stdout.isTTY === true),
    /** To standard output, byte for byte. Gives whether there was somebody to read it to the end. */
    write: (text: string): Effect.Effect<boolean, CommandFailed> => StandardOutput.write(text),
    /** Asks for something that is not shown while it is typed. */
    askSecret: (message: string): Asked<Redacted.Redacted> => onStandardError(Prompt.password({ message })),
    confirm: (message: string): Asked<boolean> => onStandardError(Prompt.confirm({ message }))
  })
}) {}
