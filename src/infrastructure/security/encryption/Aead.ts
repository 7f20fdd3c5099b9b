/**
 * Authenticated encryption under a keyset, in the wire format of Tink's AES-GCM keys with TINK prefix:
 * `0x01 | key id (u32 BE) | nonce (12) | ciphertext | tag (16)`.
 */
import { Either, Option, Redacted } from "effect"
import { DecryptionFailed } from "../../../domain/security/CryptoFailure.ts"
import * as AesGcm from "./AesGcm.ts"
import type { Keyset } from "./Keyset.ts"

const version = 0x01
const prefixLength = 5

const usable = (keyset: Keyset, id: number) =>
  keyset.keys.find((key) => key.id === id && key.algorithm === "AES256_GCM")

/** Seals with the primary key, which has to be one for sealing. */
export const seal = (keyset: Keyset, plaintext: Uint8Array, associatedData: Uint8Array): Uint8Array => {
  const key = usable(keyset, keyset.primary)
  if (key === undefined) throw new TypeError("The keyset's primary key is not for sealing")
  const prefix = Buffer.alloc(prefixLength)
  prefix.writeUInt8(version, 0)
  prefix.writeUInt32BE(key.id, 1)
  return Buffer.concat([prefix, AesGcm.seal(Redacted.value(key.material), plaintext, associatedData)])
}

/** Opens with the key that the ciphertext names. One failure for every cause, so that it tells a forger nothing. */
export const open = (
  keyset: Keyset,
  ciphertext: Uint8Array,
  associatedData: Uint8Array
): Either.Either<Uint8Array, DecryptionFailed> => {
  if (ciphertext.length < prefixLength + AesGcm.overhead || ciphertext[0] !== version) {
    return Either.left(new DecryptionFailed())
  }
  const id = new DataView(ciphertext.buffer, ciphertext.byteOffset, ciphertext.length).getUint32(1)
  return Option.fromNullable(usable(keyset, id)).pipe(
    Option.flatMap(({ material }) =>
      AesGcm.open(Redacted.value(material), ciphertext.subarray(prefixLength), associatedData)
    ),
    Either.fromOption(() => new DecryptionFailed())
  )
}
