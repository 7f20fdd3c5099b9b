/**
 * HKDF-SHA256 (RFC 5869).
 */
import { createHmac } from "node:crypto"

const hashLength = 32

/** 255 blocks of SHA-256. */
export const maxLength = 255 * hashLength

const noSalt = new Uint8Array(hashLength)

/**
 * `length` is 1 to `maxLength`. Keys of different `info` are independent; a shorter one is a prefix of a longer one of the
 * same `info`. A `key` that is uniformly random needs no salt. Node's own `hkdf` takes no `info` of more than 1024 bytes,
 * so it is not used here.
 */
export const derive = (
  key: Uint8Array,
  info: Uint8Array | string,
  length: number,
  salt: Uint8Array = noSalt
): Uint8Array => {
  if (!Number.isInteger(length) || length < 1 || length > maxLength) {
    throw new RangeError(`HKDF-SHA256 gives 1 to ${maxLength} bytes, not ${length}`)
  }
  const pseudorandomKey = createHmac("sha256", salt).update(key).digest()
  const output = Buffer.allocUnsafeSlow(Math.ceil(length / hashLength) * hashLength)
  let block = new Uint8Array(0)
  for (let offset = 0; offset < length; offset += hashLength) {
    const counter = Uint8Array.of(offset / hashLength + 1)
    block = createHmac("sha256", pseudorandomKey).update(block).update(info).update(counter).digest()
    output.set(block, offset)
  }
  pseudorandomKey.fill(0)
  return output.subarray(0, length)
}
