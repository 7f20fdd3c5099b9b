/**
 * Random nonces. Asking the operating system for 12 bytes costs as much as sealing a small message, so many are drawn at
 * once; each byte is handed out once. Every thread that loads this module has a pool of its own.
 */
import { randomFillSync } from "node:crypto"

const pool = new Uint8Array(8192)
let used = pool.length

/** Puts `length` random bytes, at most 64, into `target`. For what is public anyway: keys are never drawn from here. */
export const fillNonce = (target: Uint8Array, offset: number, length: number): void => {
  if (used + length > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  for (let end = offset + length; offset < end; offset++) target[offset] = pool[used++] ?? 0
}
