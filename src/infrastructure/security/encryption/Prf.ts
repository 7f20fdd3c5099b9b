/**
 * Keys derived from the primary key of a keyset: Tink's `PrfSet` over HKDF-SHA256 keys.
 */
import { Either, Redacted } from "effect"
import * as Hkdf from "./Hkdf.ts"
import * as Keyset from "./Keyset.ts"

/**
 * The same `length` bytes, 1 to `Hkdf.maxLength`, for the same `info` for as long as the primary stays the same: a
 * keyset for deriving is not rotated. Throws `UnsupportedKey` when a newer version made the primary key.
 */
export const derive = (
  keyset: Keyset.Keyset<"Prf">,
  info: Uint8Array,
  length: number
): Redacted.Redacted<Uint8Array> => {
  const { material, salt } = Either.getOrThrowWith(Keyset.primaryKey(keyset), (failure) => failure)
  // No salt is 32 zero bytes (RFC 5869, 2.2), as is an empty one: HMAC pads its key with zeros.
  return Redacted.make(Hkdf.derive(Redacted.value(material), info, length, salt))
}
