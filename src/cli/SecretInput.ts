/**
 * Secrets that the person gives: from the terminal without echo, or from standard input. Never an argument: those show in
 * process lists.
 */
import { Effect, Redacted } from "effect"
import { CommandFailed } from "./CommandFailed.ts"
import { StandardStreams } from "./StandardStreams.ts"

const missing = (what: string, isTyped: boolean) =>
  isTyped
    ? new CommandFailed({
      reason: `There is nowhere to ask for the ${what.toLowerCase()}: standard error is no terminal`,
      next: "Leave it on the terminal, or pipe the answer in."
    })
    : new CommandFailed({
      reason: `There is no ${what.toLowerCase()} on standard input`,
      next: "Pipe it in, or run in a terminal."
    })

/** `cut` takes the answer out of what was piped in. */
const ask = (what: string, cut: (piped: string) => string) =>
  Effect.gen(function*() {
    const streams = yield* StandardStreams
    const isTyped = yield* streams.isTyped
    const hasPerson = yield* streams.hasPerson
    // What is typed for a question that nobody sees would be shown.
    if (isTyped && !hasPerson) return yield* missing(what, true)
    const secret = hasPerson ? yield* streams.askSecret(what) : Redacted.make(cut(yield* streams.read))
    return Redacted.value(secret) === "" ? yield* missing(what, false) : secret
  })

/** Standard input as it is, but for the line break at its end. */
export const value = (what: string) => ask(what, (piped) => piped.replace(/\r?\n$/, ""))

/** The first line of standard input. */
export const passphrase = (what: string) => ask(what, (piped) => piped.split(/\r?\n/, 1).join(""))

/** Asked for twice: a new one that is mistyped would open nothing. */
export const newPassphrase = (what: string) =>
  Effect.gen(function*() {
    const streams = yield* StandardStreams
    const first = yield* passphrase(what)
    if (!(yield* streams.hasPerson)) return first
    const second = yield* streams.askSecret(`${what} again`)
    if (Redacted.value(first) === Redacted.value(second)) return first
    return yield* new CommandFailed({ reason: "The two are not the same", next: "Nothing was changed; run it again." })
  })

/** Goes on when the person agrees, at the terminal or with `--yes`. */
export const consent = (question: string, yes: boolean) =>
  Effect.gen(function*() {
    if (yes) return
    const streams = yield* StandardStreams
    if (!(yield* streams.hasPerson)) {
      return yield* new CommandFailed({ reason: "Nobody is there to agree to this", next: "Give --yes to agree." })
    }
    if (!(yield* streams.confirm(question))) {
      return yield* new CommandFailed({ reason: "Not agreed; nothing was changed", next: "" })
    }
  })
