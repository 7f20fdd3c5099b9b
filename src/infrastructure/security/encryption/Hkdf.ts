/**
 * HKDF-SHA256 (RFC 5869) without salt: subkeys of a key that is already uniformly random.
 */
import { createHmac } from "node:crypto"

const hashLength = 32

/** 255 blocks of SHA-256. */
export const maxLength = 255 * hashLength

const noSalt = new Uint8Array(hashLength)

/**
 * Subkeys of different `info` are independent; a shorter one is a prefix of a longer one of the same `info`. Node's own
 * `hkdf` takes no `info` of more than 1024 bytes, so it is not used here.
 */
export const derive = (key: Uint8Array, info: Uint8Array | string, length: number): Uint8Array => {
  const pseudorandomKey = createHmac("sha256", noSalt).update(key).digest()
  const output = Buffer.alloc(Math.ceil(length / hashLength) * hashLength)
  let block = Buffer.alloc(0)
  for (let offset = 0; offset < length; offset += hashLength) {
    const counter = Uint8Array.of(offset / hashLength + 1)
    block = createHmac("sha256", pseudorandomKey).update(block).update(info).update(counter).digest()
    output.set(block, offset)
  }
  return output.subarray(0, length)
}
