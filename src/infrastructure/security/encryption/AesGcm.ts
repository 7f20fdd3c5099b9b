/**
 * AES-256-GCM (NIST SP 800-38D) under one raw key: `nonce (12) | ciphertext | tag (16)`.
 */
import { Option } from "effect"
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto"

const nonceLength = 12
const tagLength = 16

/** Length of a key in bytes. */
export const keyLength = 32

/** What sealing adds to the plaintext, in bytes. */
export const overhead = nonceLength + tagLength

/** Draws a random nonce, so one key may seal at most 2^32 times (SP 800-38D, 8.3). */
export const seal = (key: Uint8Array, plaintext: Uint8Array, associatedData: Uint8Array): Uint8Array => {
  const nonce = randomBytes(nonceLength)
  const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: tagLength })
  cipher.setAAD(associatedData)
  return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
}

/** `none` when anything is not as sealed. No byte of plaintext leaves before the tag is verified. */
export const open = (key: Uint8Array, box: Uint8Array, associatedData: Uint8Array): Option.Option<Uint8Array> => {
  if (box.length < overhead) return Option.none()
  const end = box.length - tagLength
  // Without `authTagLength` Node takes tags of 4 bytes, which are forged by trying.
  const decipher = createDecipheriv("aes-256-gcm", key, box.subarray(0, nonceLength), { authTagLength: tagLength })
  decipher.setAAD(associatedData)
  decipher.setAuthTag(box.subarray(end))
  try {
    return Option.some(Buffer.concat([decipher.update(box.subarray(nonceLength, end)), decipher.final()]))
  } catch {
    return Option.none()
  }
}
