/**
 * `Keychain` that forgets everything with its layer, and can be told to be locked, missing or small.
 */
import { Effect, Layer, Option, Redacted } from "effect"
import type { ItemRef, KeychainFailure, KeychainStatus } from "./Keychain.ts"
import { Keychain, KeychainLocked, KeychainUnavailable, ValueTooLarge } from "./Keychain.ts"

export interface Script {
  /** Asked before every operation. Available by default. */
  readonly status?: Effect.Effect<KeychainStatus>

  /** Largest value in bytes; 2560 by default, the limit of Windows. */
  readonly limit?: number
}

const available: KeychainStatus = { _tag: "Available", backend: "memory", persistence: "process" }

/** The length keeps pairs apart whose texts join to the same. */
const keyOf = ({ account, service }: ItemRef) => `${service.length}:${service}${account}`

export const make = ({ limit = 2560, status = Effect.succeed(available) }: Script) => {
  const items = new Map<string, Uint8Array>()

  const ready: Effect.Effect<void, KeychainFailure> = Effect.flatMap(
    status,
    (now): Effect.Effect<void, KeychainFailure> => {
      if (now._tag === "Locked") return new KeychainLocked({ fixes: ["unlock the keychain"] })
      return now._tag === "Unavailable" ? new KeychainUnavailable({ reason: now.reason, fixes: [] }) : Effect.void
    }
  )

  return Keychain.of({
    status,
    get: (item) =>
      Effect.map(
        ready,
        () => Option.map(Option.fromNullable(items.get(keyOf(item))), (value) => Redacted.make(value.slice()))
      ),
    set: (item, value) =>
      Effect.flatMap(ready, (): Effect.Effect<void, ValueTooLarge> => {
        const bytes = Redacted.value(value).slice()
        if (bytes.length > limit) return new ValueTooLarge({ limit, actual: bytes.length })
        items.set(keyOf(item), bytes)
        return Effect.void
      }),
    remove: (item) => Effect.map(ready, () => items.delete(keyOf(item)))
  })
}

/** Every layer built is a keychain of its own. */
export const layer = (script: Script = {}): Layer.Layer<Keychain> => Layer.sync(Keychain, () => make(script))
