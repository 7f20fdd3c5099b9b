/**
 * `KeysetStore` whose keysets are entries of the `SecureStore`.
 */
import { Effect, Layer, Option, Redacted, Schema } from "effect"
import { SecureStore } from "../../../domain/storage/SecureStore.ts"
import { Corrupt } from "../../../domain/storage/StorageFailure.ts"
import { Keyset } from "../../security/encryption/Keyset.ts"
import { KeysetStore } from "../../security/encryption/KeysetStore.ts"

const entry = (purpose: string) => `keyset/${purpose}`

const Json = Schema.parseJson(Keyset)

/** The decoder's own message would quote the keys, so the failure has no cause. */
const decode = (text: Redacted.Redacted<string>) =>
  Schema.decode(Json)(Redacted.value(text)).pipe(
    Effect.mapError(() => new Corrupt({ store: "keyset", operation: "read" }))
  )

const encode = (keyset: Keyset) => Effect.map(Effect.orDie(Schema.encode(Json)(keyset)), (text) => Redacted.make(text))

export const make = Effect.gen(function*() {
  const secrets = yield* SecureStore

  const load = (purpose: string) =>
    Effect.flatMap(
      secrets.get(entry(purpose)),
      Option.match({ onNone: () => Effect.succeedNone, onSome: (text) => Effect.asSome(decode(text)) })
    )

  return KeysetStore.of({
    load,
    loadOrCreate: (purpose, create) =>
      Effect.flatMap(
        load(purpose),
        Option.match({
          onSome: Effect.succeed,
          // Another process may have created it since: what counts is what stands there under the lock.
          onNone: () =>
            secrets.modify(entry(purpose), (current) =>
              Option.match(current, {
                onSome: (text) => Effect.map(decode(text), (keyset) => [keyset, current] as const),
                onNone: () =>
                  Effect.flatMap(create, (keyset) =>
                    Effect.map(encode(keyset), (text) => [keyset, Option.some(text)] as const))
              }))
        })
      )
  })
})

/** All processes that share the secret store share its keysets. */
export const layer: Layer.Layer<KeysetStore, never, SecureStore> = Layer.effect(KeysetStore, make)
