/**
 * AES key wrap: RFC 3394, which wraps multiples of 8 bytes, and RFC 5649, which pads to them. Deterministic; meant for
 * keys, which are random themselves.
 */
import { Option } from "effect"
import { createCipheriv, createDecipheriv } from "node:crypto"

interface Mode {
  readonly suffix: "wrap" | "wrap-pad"
  readonly initialValue: Uint8Array
  /** Of what is wrapped, in bytes. The upper bound is ours: keys are short. */
  readonly isLength: (length: number) => boolean
  /** Shortest result. */
  readonly minimum: number
}

const maxLength = 64 * 1024

const plain: Mode = {
  suffix: "wrap",
  initialValue: Buffer.alloc(8, 0xa6),
  isLength: (length) => length % 8 === 0 && length >= 16 && length <= maxLength,
  minimum: 24
}

const padded: Mode = {
  suffix: "wrap-pad",
  initialValue: Buffer.from("a65959a6", "hex"),
  isLength: (length) => length >= 1 && length <= maxLength,
  minimum: 16
}

const algorithm = ({ suffix }: Mode, kek: Uint8Array) => {
  if (kek.length !== 16 && kek.length !== 24 && kek.length !== 32) {
    throw new TypeError("A key encryption key has 16, 24 or 32 bytes")
  }
  return `id-aes${kek.length * 8}-${suffix}`
}

const wrapWith = (mode: Mode) => (kek: Uint8Array, key: Uint8Array): Uint8Array => {
  if (!mode.isLength(key.length)) throw new TypeError("What is wrapped does not have the length of a key")
  const cipher = createCipheriv(algorithm(mode, kek), kek, mode.initialValue)
  return Buffer.concat([cipher.update(key), cipher.final()])
}

/** Node unwraps an empty input to an empty key, so lengths are checked before it sees them. */
const unwrapWith = (mode: Mode) => (kek: Uint8Array, wrapped: Uint8Array): Option.Option<Uint8Array> => {
  const name = algorithm(mode, kek)
  if (wrapped.length < mode.minimum || wrapped.length % 8 !== 0 || wrapped.length > maxLength + 8) return Option.none()
  try {
    const decipher = createDecipheriv(name, kek, mode.initialValue)
    const key = decipher.update(wrapped)
    // Everything came at once: what this gives is empty.
    decipher.final()
    return Option.some(key)
  } catch {
    return Option.none()
  }
}

/** `key` has a multiple of 8 bytes, at least 16 (RFC 3394). */
export const wrap = wrapWith(plain)

/** `none` when `wrapped` was not wrapped by `kek`, or was changed since. */
export const unwrap = unwrapWith(plain)

/** `key` has at least one byte (RFC 5649). */
export const wrapPadded = wrapWith(padded)

/** `none` when `wrapped` was not wrapped by `kek`, or was changed since. */
export const unwrapPadded = unwrapWith(padded)
