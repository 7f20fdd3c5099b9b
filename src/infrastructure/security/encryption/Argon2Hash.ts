/**
 * argon2id (RFC 9106, version 1.3) hashes as PHC strings: `$argon2id$v=19$m=<KiB>,t=<passes>,p=<lanes>$<salt>$<hash>`.
 */
import { Option } from "effect"
import * as PhcString from "./PhcString.ts"

/** `m` is memory in KiB; time grows with m * t. */
export interface Cost {
  readonly m: number
  readonly t: number
  readonly p: number
}

export interface Argon2Hash {
  readonly cost: Cost
  readonly salt: Uint8Array
  readonly hash: Uint8Array
}

/**
 * What a stored string may ask of us: 256 MiB, of which two at once are still at home on a small machine, and five times
 * the work of our own hashes. The defaults of libsodium ("moderate"), PHP and argon2-cffi are within.
 */
const maxMemory = 256 * 1024
const maxPasses = 10
const maxLanes = 4
const maxWork = 1024 * 1024

const pattern = /^\$argon2id\$v=19\$m=([1-9]\d{0,6}),t=([1-9]\d?),p=([1-9])\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/

export const work = ({ m, t }: Cost): number => m * t

/** m >= 8 p is RFC 9106's own bound. */
const affordable = (cost: Cost) =>
  cost.m >= 8 * cost.p && cost.m <= maxMemory && cost.t <= maxPasses && cost.p <= maxLanes && work(cost) <= maxWork

export const format = ({ cost: { m, p, t }, hash, salt }: Argon2Hash): string =>
  `$argon2id$v=19$m=${m},t=${t},p=${p}$${PhcString.encode(salt)}$${PhcString.encode(hash)}`

/** `none` when the string is malformed or its cost is out of bounds; takes no more work than reading it. */
export const parse = (text: string): Option.Option<Argon2Hash> => {
  const match = text.length <= PhcString.maxLength ? pattern.exec(text) : null
  if (match === null) return Option.none()
  const cost = { m: Number(match[1]), t: Number(match[2]), p: Number(match[3]) }
  if (!affordable(cost)) return Option.none()
  return Option.all({
    cost: Option.some(cost),
    salt: PhcString.decodeSalt(match[4]),
    hash: PhcString.decodeHash(match[5])
  })
}
