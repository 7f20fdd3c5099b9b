/**
 * HKDF (RFC 5869), with SHA-256 where no other hash is asked for.
 */
import { createHmac } from "node:crypto"
import type { HkdfHash } from "./Key.ts"

const hashLengths: Readonly<Record<HkdfHash, number>> = { SHA1: 20, SHA256: 32, SHA512: 64 }

/** 255 blocks of SHA-256. */
export const maxLength = 255 * hashLengths.SHA256

/** The same as zeros to HMAC, which pads its key with them. */
const noSalt = new Uint8Array(0)

/**
 * `length` is 1 to 255 blocks of the hash, which is `maxLength` for SHA-256. Keys of different `info` are independent; a
 * shorter one is a prefix of a longer one of the same `info`. A `key` that is uniformly random needs no salt. Node's own
 * `hkdf` takes no `info` of more than 1024 bytes, so it is not used here.
 */
export const derive = (
  key: Uint8Array,
  info: Uint8Array | string,
  length: number,
  salt: Uint8Array = noSalt,
  hash: HkdfHash = "SHA256"
): Uint8Array => {
  const hashLength = hashLengths[hash]
  if (!Number.isInteger(length) || length < 1 || length > 255 * hashLength) {
    throw new RangeError(`HKDF-${hash} gives 1 to ${255 * hashLength} bytes, not ${length}`)
  }
  const pseudorandomKey = createHmac(hash, salt).update(key).digest()
  const output = Buffer.allocUnsafeSlow(Math.ceil(length / hashLength) * hashLength)
  let block = new Uint8Array(0)
  for (let offset = 0; offset < length; offset += hashLength) {
    const counter = Uint8Array.of(offset / hashLength + 1)
    const next = createHmac(hash, pseudorandomKey).update(block).update(info).update(counter).digest()
    block.fill(0)
    block = next
    output.set(block, offset)
  }
  block.fill(0)
  pseudorandomKey.fill(0)
  output.fill(0, length)
  return output.subarray(0, length)
}
