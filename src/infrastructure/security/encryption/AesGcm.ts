/**
 * AES-256-GCM (NIST SP 800-38D) under one raw key: `nonce (12) | ciphertext | tag (16)`.
 */
import { Option } from "effect"
import { createCipheriv, createDecipheriv, createSecretKey } from "node:crypto"
import type { DecipherGCM, KeyObject } from "node:crypto"
import * as BoxMemory from "./BoxMemory.ts"
import * as NoncePool from "./NoncePool.ts"

const nonceLength = 12
const tagLength = 16

/** Length of a key in bytes. */
export const keyLength = 32

/** What sealing adds to the plaintext, in bytes. */
export const overhead = nonceLength + tagLength

/** Without it Node takes tags of 4 bytes, which are forged by trying. */
const options = { authTagLength: tagLength }

/** `head | nonce | ciphertext | tag`. The key is one of ours, or was derived: its length was checked. */
export const encrypt = (
  key: KeyObject | Uint8Array,
  head: Uint8Array,
  nonce: Uint8Array,
  plaintext: Uint8Array,
  associatedData: Uint8Array
): Uint8Array => {
  const cipher = createCipheriv("aes-256-gcm", key, nonce, options)
  cipher.setAAD(associatedData)
  const ciphertext = cipher.update(plaintext)
  cipher.final()
  const start = head.length + nonceLength
  const output = BoxMemory.allocate(start + ciphertext.length + tagLength)
  output.set(head)
  output.set(nonce, head.length)
  output.set(ciphertext, start)
  output.set(cipher.getAuthTag(), start + ciphertext.length)
  return output
}

/** Written anew for each message; one array for all, because making views costs as much as a tenth of a small message. */
const nonce = new Uint8Array(nonceLength)

/** `encrypt` with a random nonce. */
export const encryptRandomly = (
  key: KeyObject | Uint8Array,
  head: Uint8Array,
  plaintext: Uint8Array,
  associatedData: Uint8Array
): Uint8Array => {
  NoncePool.fillNonce(nonce, 0, nonceLength)
  return encrypt(key, head, nonce, plaintext, associatedData)
}

/** GCM gives all plaintext before its tag is compared: it leaves only when the tag is right. */
export const verified = (decipher: DecipherGCM, plaintext: Uint8Array): Option.Option<Uint8Array> => {
  try {
    decipher.final()
    return Option.some(plaintext)
  } catch {
    plaintext.fill(0)
    return Option.none()
  }
}

/** Decrypts what starts with its nonce at `nonceAt` of `input`. */
export const decrypt = (
  key: KeyObject | Uint8Array,
  input: Uint8Array,
  nonceAt: number,
  associatedData: Uint8Array
): Option.Option<Uint8Array> => {
  const start = nonceAt + nonceLength
  const end = input.length - tagLength
  if (end < start) return Option.none()
  const decipher = createDecipheriv("aes-256-gcm", key, input.subarray(nonceAt, start), options)
  decipher.setAAD(associatedData)
  decipher.setAuthTag(input.subarray(end))
  return verified(decipher, decipher.update(input.subarray(start, end)))
}

/** One key, ready for use. */
export interface Cipher {
  readonly overhead: number

  /** The result starts with `prefix`, which is not authenticated. */
  readonly seal: (prefix: Uint8Array, plaintext: Uint8Array, associatedData: Uint8Array) => Uint8Array

  /** Opens what stands behind `offset` bytes. `none` when anything is not as sealed; no plaintext leaves before. */
  readonly open: (box: Uint8Array, offset: number, associatedData: Uint8Array) => Option.Option<Uint8Array>
}

/** Draws random nonces, so one key may seal at most 2^32 times (SP 800-38D, 8.3). */
export const make = (material: Uint8Array): Cipher => {
  if (material.length !== keyLength) throw new TypeError(`An AES-256 key has ${keyLength} bytes`)
  const key = createSecretKey(material)
  return {
    overhead,
    seal: (prefix, plaintext, associatedData) => encryptRandomly(key, prefix, plaintext, associatedData),
    open: (box, offset, associatedData) => decrypt(key, box, offset, associatedData)
  }
}

const noPrefix = new Uint8Array(0)

/** Seals once under a key of 32 bytes; `make` is cheaper for more. */
export const seal = (key: Uint8Array, plaintext: Uint8Array, associatedData: Uint8Array): Uint8Array =>
  make(key).seal(noPrefix, plaintext, associatedData)

/** `none` when anything is not as sealed. */
export const open = (key: Uint8Array, box: Uint8Array, associatedData: Uint8Array): Option.Option<Uint8Array> =>
  make(key).open(box, 0, associatedData)
