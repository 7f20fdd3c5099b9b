/**
 * scrypt (RFC 7914) hashes as PHC strings: `$scrypt$ln=<log2 N>,r=<block>,p=<lanes>$<salt>$<hash>`, base64 without padding.
 */
import { Option } from "effect"

/** `ln` is the base-2 logarithm of N. Memory is 128 * N * r bytes, time grows with N * r * p. */
export interface Cost {
  readonly ln: number
  readonly r: number
  readonly p: number
}

export interface ScryptHash {
  readonly cost: Cost
  readonly salt: Uint8Array
  readonly hash: Uint8Array
}

/** What a stored string may ask of us: 128 MiB, and about three times the work of our own hashes. */
const maxMemory = 128 * 1024 * 1024
const maxWork = 2 ** 21

/** Longest string that is looked at. */
const maxLength = 256

const pattern = /^\$scrypt\$ln=([1-9]\d?),r=([1-9]\d?),p=([1-9]\d?)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/

/** N < 2^(16 r) is RFC 7914's own bound. */
const affordable = ({ ln, p, r }: Cost) => ln < 16 * r && 128 * 2 ** ln * r <= maxMemory && 2 ** ln * r * p <= maxWork

const encode = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64").replaceAll("=", "")

/** `none` unless `text` is the one canonical encoding of its bytes. */
const decode = (text: string, min: number, max: number) =>
  Option.some(new Uint8Array(Buffer.from(text, "base64"))).pipe(
    Option.filter((bytes) => bytes.length >= min && bytes.length <= max && encode(bytes) === text)
  )

export const format = ({ cost: { ln, p, r }, hash, salt }: ScryptHash): string =>
  `$scrypt$ln=${ln},r=${r},p=${p}$${encode(salt)}$${encode(hash)}`

/** `none` when the string is malformed or its cost is out of bounds; takes no more work than reading it. */
export const parse = (text: string): Option.Option<ScryptHash> => {
  const match = text.length <= maxLength ? pattern.exec(text) : null
  if (match === null) return Option.none()
  const cost = { ln: Number(match[1]), r: Number(match[2]), p: Number(match[3]) }
  if (!affordable(cost)) return Option.none()
  return Option.all({
    cost: Option.some(cost),
    salt: decode(match[4] ?? "", 8, 64),
    hash: decode(match[5] ?? "", 16, 64)
  })
}
