/**
 * Tink's output prefix: `0x01 | key id (u32 BE)` in front of what a key with TINK prefix makes.
 */
import type { UsableKey } from "./Key.ts"

const version = 0x01

/** Length of the prefix in bytes. */
export const length = 5

const none = new Uint8Array(0)

/** What stands in front of everything the key makes; nothing for a RAW key. */
export const of = ({ id, prefix }: UsableKey): Uint8Array =>
  prefix === "RAW" ? none : Uint8Array.of(version, id >>> 24, id >>> 16, id >>> 8, id)

/** What a key made, behind its prefix. */
export const join = (prefix: Uint8Array, made: Uint8Array): Uint8Array => {
  const output = new Uint8Array(prefix.length + made.length)
  output.set(prefix)
  output.set(made, prefix.length)
  return output
}

/** The id that `data` names; 0, which no key has, when it names none. */
export const idOf = (data: Uint8Array): number =>
  data.length < length || data[0] !== version
    ? 0
    : (((data[1] ?? 0) << 24) | ((data[2] ?? 0) << 16) | ((data[3] ?? 0) << 8) | (data[4] ?? 0)) >>> 0
