/**
 * Secrets that the person gives: from the terminal without echo, or from standard input. Never an argument: those show in
 * process lists.
 */
import { Effect, Redacted } from "effect"
import { CommandFailed } from "./CommandFailed.ts"
import { StandardStreams } from "./StandardStreams.ts"

const nothingGiven = (what: string) =>
  new CommandFailed({
    reason: `There is no ${what} on standard input`,
    next: "Pipe it in, or run in a terminal."
  })

const given = (text: string, what: string) =>
  text === "" ? Effect.fail(nothingGiven(what)) : Effect.succeed(Redacted.make(text))

/** Standard input as it is, but for the line break at its end. */
export const value = (what: string) =>
  Effect.gen(function*() {
    const streams = yield* StandardStreams
    const secret = (yield* streams.hasPerson)
      ? Redacted.value(yield* streams.askSecret(what))
      : (yield* streams.read).replace(/\r?\n$/, "")
    return yield* given(secret, what.toLowerCase())
  })

/** The first line of standard input. */
export const passphrase = (what: string) =>
  Effect.gen(function*() {
    const streams = yield* StandardStreams
    const secret = (yield* streams.hasPerson)
      ? Redacted.value(yield* streams.askSecret(what))
      : (yield* streams.read).split(/\r?\n/, 1).join("")
    return yield* given(secret, what.toLowerCase())
  })

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
