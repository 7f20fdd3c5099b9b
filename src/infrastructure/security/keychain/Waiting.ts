/**
 * How long calls wait, and whether people are asked: the same rules for every adapter.
 */
import { Effect } from "effect"
import type { Duration } from "effect"
import type { Access, KeychainFailure } from "./Keychain.ts"
import * as KeychainFixes from "./KeychainFixes.ts"

export interface Waiting {
  /** Whether a person may be asked when a call does not say; `never` by default. */
  readonly interaction?: "allowed" | "never"

  /** The longest wait of calls that may ask a person; two minutes by default. */
  readonly promptTimeout?: Duration.DurationInput

  /** The longest wait of calls that ask nobody; 5 s by default. */
  readonly timeout?: Duration.DurationInput

  /** How long after a dismissed prompt nobody is asked again; 30 s by default. */
  readonly coolDown?: Duration.DurationInput
}

export const coolDownOf = ({ coolDown = "30 seconds" }: Waiting): Duration.DurationInput => coolDown

/** `use` is told whether a person may be asked, and fails with `PromptTimeout` when it takes too long. */
export const within =
  (defaults: Waiting, access: Access | undefined) =>
  <A, E>(use: (mayAsk: boolean) => Effect.Effect<A, E | KeychainFailure>): Effect.Effect<A, E | KeychainFailure> => {
    const { interaction = "never", promptTimeout = "2 minutes", timeout = "5 seconds" } = defaults
    const mayAsk = (access?.interaction ?? interaction) === "allowed"
    return Effect.timeoutFail(use(mayAsk), {
      duration: access?.timeout ?? (mayAsk ? promptTimeout : timeout),
      onTimeout: KeychainFixes.timedOut
    })
  }
