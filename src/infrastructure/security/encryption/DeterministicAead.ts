/**
 * Deterministic authenticated encryption under a keyset: Tink's `DeterministicAead` over AES-SIV keys (RFC 5297):
 * `0x01 | key id (u32 BE) | SIV (16) | ciphertext`. The same plaintext and associated data give the same ciphertext, which
 * shows that they are the same: for what has to be looked up, and for nothing else.
 */
import { aessiv } from "@noble/ciphers/aes.js"
import { Either, Redacted } from "effect"
import { DecryptionFailed } from "../../../domain/security/CryptoFailure.ts"
import type { DeterministicAeadKey } from "./Key.ts"
import type { Keyset } from "./Keyset.ts"
import * as OutputPrefix from "./OutputPrefix.ts"
import * as Prepared from "./Prepared.ts"

const overhead = 16

const prepared = Prepared.make<"DeterministicAead", Uint8Array>(({ material }: DeterministicAeadKey) =>
  Redacted.value(material)
)

/** Throws `UnsupportedKey` when a newer version made the primary key. */
export const seal = (
  keyset: Keyset<"DeterministicAead">,
  plaintext: Uint8Array,
  associatedData: Uint8Array
): Uint8Array => {
  const { prefix, use } = prepared(keyset).primary()
  return OutputPrefix.join(prefix, aessiv(use, associatedData).encrypt(plaintext))
}

const openWith = (key: Uint8Array, box: Uint8Array, associatedData: Uint8Array) =>
  box.length < overhead
    ? Either.left(new DecryptionFailed())
    : Either.try({ try: () => aessiv(key, associatedData).decrypt(box), catch: () => new DecryptionFailed() })

/** Opens with an enabled key. One failure for every cause, so that it tells a forger nothing. */
export const open = (
  keyset: Keyset<"DeterministicAead">,
  ciphertext: Uint8Array,
  associatedData: Uint8Array
): Either.Either<Uint8Array, DecryptionFailed> => {
  for (const { prefix, use } of prepared(keyset).candidates(ciphertext)) {
    const plaintext = openWith(use, ciphertext.subarray(prefix.length), associatedData)
    if (Either.isRight(plaintext)) return plaintext
  }
  return Either.left(new DecryptionFailed())
}
