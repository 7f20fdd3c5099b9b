/**
 * PHC strings, the notation of password hashes: `$<algorithm>$<parameters>$<salt>$<hash>`, base64 without padding.
 */
import { Option } from "effect"

/** The longest string that is looked at. */
export const maxLength = 256

export const encode = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64").replaceAll("=", "")

/** `none` unless `text` is the one canonical encoding of `min` to `max` bytes. */
const decode = (text: string, min: number, max: number) =>
  Option.some(new Uint8Array(Buffer.from(text, "base64"))).pipe(
    Option.filter((bytes) => bytes.length >= min && bytes.length <= max && encode(bytes) === text)
  )

/** RFC 9106 wants salts of at least 8 bytes; no hash needs more than 64. */
export const decodeSalt = (text = "") => decode(text, 8, 64)
export const decodeHash = (text = "") => decode(text, 16, 64)

/** What new hashes have. */
export const saltLength = 16
export const hashLength = 32

export const isShort = (salt: Uint8Array, hash: Uint8Array): boolean =>
  salt.length < saltLength || hash.length < hashLength
