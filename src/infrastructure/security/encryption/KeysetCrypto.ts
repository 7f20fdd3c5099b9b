/**
 * `Crypto` with one keyset per purpose and primitive, kept in a `KeysetStore`.
 */
import { Effect, Either, Layer, Option } from "effect"
import { randomFillSync } from "node:crypto"
import { Crypto } from "../../../domain/security/Crypto.ts"
import { DecryptionFailed } from "../../../domain/security/CryptoFailure.ts"
import { NewerThanApp } from "../../../domain/storage/StorageFailure.ts"
import * as Metrics from "../../telemetry/catalogue/Crypto.ts"
import * as Aead from "./Aead.ts"
import * as Hkdf from "./Hkdf.ts"
import * as Keyset from "./Keyset.ts"
import { UnsupportedKey } from "./KeysetFailure.ts"
import type { KeysetStore } from "./KeysetStore.ts"
import * as KeyUse from "./KeyUse.ts"
import * as LimitedAead from "./LimitedAead.ts"
import * as Mac from "./Mac.ts"
import * as Prf from "./Prf.ts"
import * as PurposeKeysets from "./PurposeKeysets.ts"
import * as PurposeStreams from "./PurposeStreams.ts"
import * as Signature from "./Signature.ts"

/** The primary key was made by a newer version; another key must not seal in its place. */
const newer = () => new NewerThanApp({ store: "keyset", operation: "seal" })

/** Runs what throws `UnsupportedKey`. */
const withPrimary = <P extends Keyset.Primitive, A>(keyset: Keyset.Keyset<P>, use: (keyset: Keyset.Keyset<P>) => A) =>
  Either.try({
    try: () => {
      const result = use(keyset)
      KeyUse.made(keyset)
      return result
    },
    catch: (cause) => {
      if (cause instanceof UnsupportedKey) return newer()
      throw cause
    }
  })

export const make = Effect.gen(function*() {
  const limited = yield* LimitedAead.make()
  // Keys of different primitives are never the same: sealing keys rotate, the key behind derived ones must not.
  const aead = yield* PurposeKeysets.make("Aead", "aead", () => Keyset.generate("XAES_256_GCM"))
  const streaming = yield* PurposeKeysets.make(
    "StreamingAead",
    "streaming-aead",
    () => Keyset.generate("AES_256_GCM_HKDF_1MB")
  )
  const mac = yield* PurposeKeysets.make("Mac", "mac", () => Keyset.generate("HMAC_SHA256"))
  const signature = yield* PurposeKeysets.make("Signature", "signature", () => Keyset.generate("ED25519"))
  const prf = yield* PurposeKeysets.make("Prf", "prf", () => Keyset.generate("HKDF_SHA256"))

  /** Unless another process replaced key `id` already. Older keys keep opening. */
  const replaceExhausted = (purpose: string, id: number) =>
    aead.modify(purpose, (current) => {
      const keyset = Option.getOrElse(current, () => Keyset.generate("XAES_256_GCM"))
      if (keyset.primary !== id) return [undefined, keyset]
      Metrics.rotations.update(1, {})
      return [undefined, Keyset.rotate(keyset, "XAES_256_GCM")]
    })

  const seal: typeof Crypto.Service.seal = (purpose, plaintext, associatedData) =>
    Effect.flatMap(
      aead.current(purpose),
      (keyset) =>
        limited.seal(aead.nameOf(purpose), keyset, plaintext, associatedData).pipe(
          Effect.map((sealed) => {
            KeyUse.made(keyset)
            return sealed
          }),
          Effect.catchTags({
            KeyExhausted: ({ id }) =>
              Effect.zipRight(
                replaceExhausted(purpose, id),
                Effect.suspend(() => seal(purpose, plaintext, associatedData))
              ),
            UnsupportedKey: newer
          })
        )
    )

  return Crypto.of({
    seal,

    open: (purpose, ciphertext, associatedData) =>
      Effect.flatMap(aead.naming(purpose, ciphertext), (found) => {
        if (Option.isNone(found)) return new DecryptionFailed()
        const plaintext = Aead.open(found.value, ciphertext, associatedData)
        KeyUse.checked(found.value, ciphertext, Either.isRight(plaintext))
        return plaintext
      }),

    sealStream: PurposeStreams.seal(streaming),
    openStream: PurposeStreams.open(streaming),

    mac: (purpose, data) =>
      Effect.flatMap(mac.current(purpose), (keyset) => withPrimary(keyset, (keys) => Mac.compute(keys, data))),

    verifyMac: (purpose, data, tag) =>
      Effect.map(mac.naming(purpose, tag), (found) =>
        Option.exists(found, (keyset) => {
          const valid = Mac.verify(keyset, data, tag)
          KeyUse.checked(keyset, tag, valid)
          return valid
        })),

    sign: (purpose, data) =>
      Effect.flatMap(signature.current(purpose), (keyset) => withPrimary(keyset, (keys) => Signature.sign(keys, data))),

    verify: (purpose, data, tag) =>
      Effect.map(signature.naming(purpose, tag), (found) =>
        Option.exists(found, (keyset) => {
          const valid = Signature.verify(keyset, data, tag)
          KeyUse.checked(keyset, tag, valid)
          return valid
        })),

    derive: (purpose, info, length) =>
      Number.isInteger(length) && length > 0 && length <= Hkdf.maxLength
        ? Effect.flatMap(
          prf.current(purpose),
          (keyset) => withPrimary(keyset, (keys) => Prf.derive(keys, info, length))
        )
        : Effect.dieMessage(`Crypto.derive gives 1 to ${Hkdf.maxLength} bytes, not ${length}`),

    random: (length) => Effect.sync(() => randomFillSync(new Uint8Array(length)))
  })
})

/** Keysets are read or created at a purpose's first use, held in memory, and read again once a minute when used. */
export const layer: Layer.Layer<Crypto, never, KeysetStore> = Layer.effect(Crypto, make)
