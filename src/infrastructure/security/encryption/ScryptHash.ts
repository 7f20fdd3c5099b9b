/**
 * scrypt (RFC 7914) hashes as PHC strings: `$scrypt$ln=<log2 N>,r=<block>,p=<lanes>$<salt>$<hash>`.
 */
import { Option } from "effect"
import * as PhcString from "./PhcString.ts"
import type { Cost } from "./Scrypt.ts"

export interface ScryptHash {
  readonly cost: Cost
  readonly salt: Uint8Array
  readonly hash: Uint8Array
}

/** What a stored string may ask of us: 128 MiB, and about three times the work of our own hashes. */
const maxMemory = 128 * 1024 * 1024
const maxWork = 2 ** 21

const pattern = /^\$scrypt\$ln=([1-9]\d?),r=([1-9]\d?),p=([1-9]\d?)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/

export const memory = ({ ln, r }: Cost): number => 128 * 2 ** ln * r
export const work = ({ ln, p, r }: Cost): number => 2 ** ln * r * p

/** N < 2^(16 r) is RFC 7914's own bound. */
const affordable = (cost: Cost) => cost.ln < 16 * cost.r && memory(cost) <= maxMemory && work(cost) <= maxWork

export const format = ({ cost: { ln, p, r }, hash, salt }: ScryptHash): string =>
  `$scrypt$ln=${ln},r=${r},p=${p}$${PhcString.encode(salt)}$${PhcString.encode(hash)}`

/** `none` when the string is malformed or its cost is out of bounds; takes no more work than reading it. */
export const parse = (text: string): Option.Option<ScryptHash> => {
  const match = text.length <= PhcString.maxLength ? pattern.exec(text) : null
  if (match === null) return Option.none()
  const cost = { ln: Number(match[1]), r: Number(match[2]), p: Number(match[3]) }
  if (!affordable(cost)) return Option.none()
  return Option.all({
    cost: Option.some(cost),
    salt: PhcString.decodeSalt(match[4]),
    hash: PhcString.decodeHash(match[5])
  })
}
