/**
 * scrypt (RFC 7914), in Node's thread pool.
 */
import { scrypt } from "node:crypto"
import { promisify } from "node:util"

/** `ln` is the base-2 logarithm of N. Memory is 128 * N * r bytes, time grows with N * r * p. */
export interface Cost {
  readonly ln: number
  readonly r: number
  readonly p: number
}

const compute: (
  password: string | Uint8Array,
  salt: Uint8Array,
  length: number,
  options: { readonly N: number; readonly r: number; readonly p: number; readonly maxmem: number }
) => Promise<Uint8Array> = promisify(scrypt)

/** Rejects when there is not the memory for it; whether the cost may be paid is the caller's to know. */
export const derive = (
  password: string | Uint8Array,
  salt: Uint8Array,
  length: number,
  { ln, p, r }: Cost
): Promise<Uint8Array> => {
  const N = 2 ** ln
  // One block more than OpenSSL counts, so that it refuses nothing for its size.
  return compute(password, salt, length, { N, r, p, maxmem: 128 * r * (N + p + 3) })
}
