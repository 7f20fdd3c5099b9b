/**
 * Authenticated encryption under a keyset: Tink's `Aead`. A box of a key with TINK prefix is
 * `0x01 | key id (u32 BE) | nonce | ciphertext | tag (16)`; the nonce has 24 bytes (XAES-256-GCM) or 12 (AES-256-GCM).
 */
import { Either, Option, Redacted } from "effect"
import { DecryptionFailed } from "../../../domain/security/CryptoFailure.ts"
import * as AesGcm from "./AesGcm.ts"
import type { AeadKey } from "./Key.ts"
import type { Keyset } from "./Keyset.ts"
import * as Prepared from "./Prepared.ts"
import * as Xaes256Gcm from "./Xaes256Gcm.ts"

const prepared = Prepared.make<"Aead", AesGcm.Cipher>(({ algorithm, material }: AeadKey) =>
  (algorithm === "XAES_256_GCM" ? Xaes256Gcm : AesGcm).make(Redacted.value(material))
)

/**
 * Seals with the primary key. An AES_256_GCM key is safe for 2^32 messages, which nobody counts here: see `LimitedAead`.
 * Throws `UnsupportedKey` when a newer version made the primary key.
 */
export const seal = (keyset: Keyset<"Aead">, plaintext: Uint8Array, associatedData: Uint8Array): Uint8Array => {
  const { prefix, use } = prepared(keyset).primary()
  return use.seal(prefix, plaintext, associatedData)
}

/** Opens with an enabled key. One failure for every cause, so that it tells a forger nothing. */
export const open = (
  keyset: Keyset<"Aead">,
  ciphertext: Uint8Array,
  associatedData: Uint8Array
): Either.Either<Uint8Array, DecryptionFailed> => {
  for (const { prefix, use } of prepared(keyset).candidates(ciphertext)) {
    const plaintext = use.open(ciphertext, prefix.length, associatedData)
    if (Option.isSome(plaintext)) return Either.right(plaintext.value)
  }
  return Either.left(new DecryptionFailed())
}
