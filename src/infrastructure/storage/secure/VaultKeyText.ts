/**
 * A vault key as people and programs write it down.
 */
import { Option, Redacted } from "effect"
import { randomBytes } from "node:crypto"

/** In bytes. */
export const keyLength = 32

/** The longest text looked at: 64 hexadecimal digits and some white space. */
export const maxLength = 128

export const generate = (): Redacted.Redacted<Uint8Array> => Redacted.make(new Uint8Array(randomBytes(keyLength)))

/** A text of 32 characters is somebody's password, no key: of 32 random bytes one set in 10^13 looks like that. */
const isText = (bytes: Uint8Array) => bytes.every((byte) => byte >= 0x20 && byte < 0x7f)

const hexadecimal = /^[0-9a-fA-F]{64}$/
const base64 = /^[A-Za-z0-9+/_-]{43}=?$/

const fromText = (text: string): Uint8Array | undefined => {
  if (hexadecimal.test(text)) return Buffer.from(text, "hex")
  // The last digit of 43 has two bits that say nothing; where they are set it was meant to be something else.
  const bytes = base64.test(text) ? Buffer.from(text, "base64") : undefined
  return bytes?.toString("base64url") === text.replace("=", "").replaceAll("+", "-").replaceAll("/", "_")
    ? bytes
    : undefined
}

/** 32 bytes as they are, or as hexadecimal or base64 text of either alphabet; white space around a text is no part of it. */
export const parse = (bytes: Uint8Array): Option.Option<Redacted.Redacted<Uint8Array>> => {
  if (bytes.length > maxLength) return Option.none()
  if (bytes.length === keyLength && !isText(bytes)) return Option.some(Redacted.make(Uint8Array.from(bytes)))
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1").trim()
  return Option.map(Option.fromNullable(fromText(text)), (key) => Redacted.make(Uint8Array.from(key)))
}
