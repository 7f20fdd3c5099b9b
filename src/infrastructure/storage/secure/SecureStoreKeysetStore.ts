/**
 * `KeysetStore` whose keysets are entries of the `SecureStore`, in Tink's JSON form.
 */
import { Effect, Either, Layer, Option, Redacted, Schema } from "effect"
import { SecureStore } from "../../../domain/storage/SecureStore.ts"
import { Corrupt, Full, NewerThanApp } from "../../../domain/storage/StorageFailure.ts"
import { insecureSecretAccess } from "../../security/encryption/InsecureSecretAccess.ts"
import type { Keyset } from "../../security/encryption/Keyset.ts"
import { InvalidKeyset } from "../../security/encryption/KeysetFailure.ts"
import * as KeysetJson from "../../security/encryption/KeysetJson.ts"
import { KeysetStore } from "../../security/encryption/KeysetStore.ts"
import * as LegacyKeysetJson from "../../security/encryption/LegacyKeysetJson.ts"

const entry = (name: string) => `keyset/${name}`

/** How many messages each key may have sealed, by key id. */
const countsEntry = (name: string) => `keyset-counts/${name}`

type Text = Redacted.Redacted<string>

const corrupt = () => new Corrupt({ store: "keyset", operation: "read" })

/** What the decoders say quotes the keys, so the failures have no cause. */
const decode = (text: Text): Effect.Effect<Keyset, Corrupt | NewerThanApp> =>
  KeysetJson.decode(Redacted.value(text), insecureSecretAccess).pipe(
    Either.mapLeft(({ _tag }) =>
      _tag === "UnsupportedKey" ? new NewerThanApp({ store: "keyset", operation: "read" }) : corrupt()
    ),
    Either.orElse((failure) => Either.fromOption(LegacyKeysetJson.decode(Redacted.value(text)), () => failure))
  )

/** A keyset that could not be read again is not written. */
const encode = (keyset: Keyset): Effect.Effect<Text, Full> =>
  Effect.try({
    try: () => Redacted.make(KeysetJson.encode(keyset, insecureSecretAccess)),
    catch: (cause) => {
      if (cause instanceof InvalidKeyset) return new Full({ store: "keyset", operation: "write" })
      throw cause
    }
  })

const Counts = Schema.parseJson(Schema.Record({ key: Schema.String, value: Schema.NonNegativeInt }))

const decodeCounts = (text: Option.Option<Text>) =>
  Option.match(text, {
    onNone: () => Effect.succeed<typeof Counts.Type>({}),
    onSome: (json) => Effect.mapError(Schema.decode(Counts)(Redacted.value(json)), corrupt)
  })

const encodeCounts = (counts: typeof Counts.Type): Option.Option<Text> =>
  Option.some(Redacted.make(Schema.encodeSync(Counts)(counts)))

export const make = Effect.gen(function*() {
  const secrets = yield* SecureStore

  return KeysetStore.of({
    load: (name) => Effect.flatMap(secrets.get(entry(name)), Effect.transposeMapOption(decode)),

    modify: (name, change) =>
      secrets.modify(entry(name), (text) =>
        Effect.transposeMapOption(text, decode).pipe(
          Effect.flatMap(change),
          Effect.flatMap(([result, keyset]) =>
            Effect.map(encode(keyset), (json) => [result, Option.some(json)] as const)
          )
        )),

    reserve: (name, id, messages, limit) =>
      secrets.modify(countsEntry(name), (text) =>
        Effect.map(decodeCounts(text), (counts) => {
          const count = (counts[id] ?? 0) + messages
          return count > limit ? [false, text] as const : [true, encodeCounts({ ...counts, [id]: count })] as const
        }))
  })
})

/** All processes that share the secret store share its keysets and the counts of their messages. */
export const layer: Layer.Layer<KeysetStore, never, SecureStore> = Layer.effect(KeysetStore, make)
