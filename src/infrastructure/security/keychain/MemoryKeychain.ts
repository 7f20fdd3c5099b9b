/**
 * `Keychain` that forgets everything with its layer, and whose keychain and person behave as a script says.
 */
import { Effect, Layer, Option, Redacted } from "effect"
import type { ItemRef, KeychainFailure, KeychainStatus } from "./Keychain.ts"
import { Keychain, ValueTooLarge } from "./Keychain.ts"
import * as KeychainFixes from "./KeychainFixes.ts"
import * as UnlockFlight from "./UnlockFlight.ts"
import * as Waiting from "./Waiting.ts"

export interface Script extends Waiting.Waiting {
  /** Asked before every operation. Available by default. */
  readonly status?: Effect.Effect<KeychainStatus>

  /** What the person does with a prompt, which is open while this runs and closed when it is interrupted. Dismisses it by default. */
  readonly person?: Effect.Effect<UnlockFlight.Answer, KeychainFailure>

  /** Runs before every operation: delays it, or fails it as a lost connection would. */
  readonly before?: Effect.Effect<void, KeychainFailure>

  /** Largest value in bytes; 2560 by default, the limit of Windows. */
  readonly limit?: number
}

const available: KeychainStatus = { _tag: "Available", backend: "memory", persistence: "process" }

/** The length keeps pairs apart whose texts join to the same. */
const keyOf = ({ account, service }: ItemRef) => `${service.length}:${service}${account}`

export const make = (script: Script = {}) => {
  const { before = Effect.void, limit = 2560, status = Effect.succeed(available) } = script
  const { person = Effect.succeed<UnlockFlight.Answer>("dismissed") } = script
  const items = new Map<string, { readonly item: ItemRef; readonly value: Uint8Array }>()
  const flight = UnlockFlight.make(Waiting.coolDownOf(script))

  const ready = (mayAsk: boolean): Effect.Effect<void, KeychainFailure> =>
    Effect.flatMap(status, (now): Effect.Effect<void, KeychainFailure> => {
      if (now._tag === "Available") return Effect.void
      if (now._tag === "Unavailable") return KeychainFixes.unavailable(now.reason)
      if (!mayAsk) return KeychainFixes.locked()
      return now.canPrompt ? flight.join(person) : KeychainFixes.unavailable("NonInteractiveSession")
    })

  /** One locked again, or still, after the prompt fails; it is not asked for twice. */
  const open = (mayAsk: boolean) =>
    before.pipe(Effect.zipRight(ready(mayAsk)), Effect.zipRight(Effect.suspend(() => ready(false))))

  return Keychain.of({
    status,
    get: (item, access) =>
      Waiting.within(script, access)((mayAsk) =>
        Effect.map(
          open(mayAsk),
          () => Option.map(Option.fromNullable(items.get(keyOf(item))), ({ value }) => Redacted.make(value.slice()))
        )
      ),
    set: (item, value, access) =>
      Waiting.within(script, access)((mayAsk): Effect.Effect<void, KeychainFailure | ValueTooLarge> => {
        const bytes = Redacted.value(value).slice()
        if (bytes.length > limit) return new ValueTooLarge({ limit, actual: bytes.length })
        return Effect.map(open(mayAsk), () => void items.set(keyOf(item), { item, value: bytes }))
      }),
    remove: (item, access) =>
      Waiting.within(script, access)((mayAsk) => Effect.map(open(mayAsk), () => items.delete(keyOf(item)))),
    list: (service, access) =>
      Waiting.within(script, access)((mayAsk) =>
        Effect.map(open(mayAsk), () =>
          Array.from(items.values(), ({ item }) => item)
            .filter((item) => item.service === service)
            .toSorted((a, b) => (a.account < b.account ? -1 : 1)))
      ),
    unlock: (access = {}) => Waiting.within(script, { ...access, interaction: "allowed" })(open)
  })
}

/** Every layer built is a keychain of its own. */
export const layer = (script: Script = {}): Layer.Layer<Keychain> => Layer.sync(Keychain, () => make(script))
