/**
 * `Crypto` with one keyset for sealing and one for deriving per purpose, kept in a `KeysetStore`.
 */
import { Effect, Layer, Option, Redacted } from "effect"
import { randomBytes } from "node:crypto"
import { Crypto } from "../../../domain/security/Crypto.ts"
import { DecryptionFailed } from "../../../domain/security/CryptoFailure.ts"
import * as Aead from "./Aead.ts"
import * as Hkdf from "./Hkdf.ts"
import * as Keyset from "./Keyset.ts"
import { KeysetStore } from "./KeysetStore.ts"

/** Sealing keys will rotate, the key behind derived ones must not: so they are never the same key. */
const stored = {
  aead: { prefix: "aead/", create: Effect.sync(() => Keyset.generate("AES256_GCM")) },
  prf: { prefix: "prf/", create: Effect.sync(() => Keyset.generate("HKDF_SHA256")) }
} as const

export const make = Effect.gen(function*() {
  const store = yield* KeysetStore

  /** Grows with the purposes that the program names, of which there are a handful. */
  const loaded = new Map<string, Keyset.Keyset>()

  const remembered = <E>(
    use: keyof typeof stored,
    purpose: string,
    load: (name: string) => Effect.Effect<Option.Option<Keyset.Keyset>, E>
  ) =>
    Effect.suspend(() => {
      const name = stored[use].prefix + purpose
      const known = loaded.get(name)
      if (known !== undefined) return Effect.succeedSome(known)
      return load(name).pipe(
        Effect.tap((found) => {
          if (Option.isSome(found)) loaded.set(name, found.value)
          return Effect.void
        })
      )
    })

  const keyset = (use: keyof typeof stored, purpose: string) =>
    remembered(use, purpose, (name) => Effect.asSome(store.loadOrCreate(name, stored[use].create))).pipe(
      Effect.map(Option.getOrThrow)
    )

  return Crypto.of({
    seal: (purpose, plaintext, associatedData) =>
      Effect.map(keyset("aead", purpose), (keys) => Aead.seal(keys, plaintext, associatedData)),

    open: (purpose, ciphertext, associatedData) =>
      Effect.flatMap(
        remembered("aead", purpose, store.load),
        (found) => Option.isNone(found) ? new DecryptionFailed() : Aead.open(found.value, ciphertext, associatedData)
      ),

    derive: (purpose, info, length) =>
      Number.isInteger(length) && length > 0 && length <= Hkdf.maxLength
        ? Effect.map(keyset("prf", purpose), ({ keys: [{ material }] }) =>
          Redacted.make(Hkdf.derive(Redacted.value(material), info, length)))
        : Effect.dieMessage(`Crypto.derive gives 1 to ${Hkdf.maxLength} bytes, not ${length}`),

    random: (length) => Effect.sync(() => new Uint8Array(randomBytes(length)))
  })
})

/** Keysets are read or created at a purpose's first use and held in memory from then on. */
export const layer: Layer.Layer<Crypto, never, KeysetStore> = Layer.effect(Crypto, make)
