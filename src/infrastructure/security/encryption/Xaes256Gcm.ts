/**
 * XAES-256-GCM (C2SP): AES-256-GCM under a key derived for each message, which makes a random nonce of 24 bytes safe:
 * `nonce (24) | ciphertext | tag (16)`. Tink's X-AES-GCM with a salt of 12 bytes is the same.
 */
import { createCipheriv } from "node:crypto"
import * as AesGcm from "./AesGcm.ts"
import * as NoncePool from "./NoncePool.ts"

const saltLength = 12
const nonceLength = 24

/** Length of a key in bytes. */
export const keyLength = 32

/** What sealing adds to the plaintext, in bytes. */
export const overhead = nonceLength + 16

const label = 0x58

/** The subkey K1 of CMAC (SP 800-38B): the encrypted zero block, doubled in GF(2^128). */
const double = (block: Uint8Array): Uint8Array => {
  const doubled = new Uint8Array(16)
  for (let index = 0; index < 16; index++) {
    doubled[index] = ((block[index] ?? 0) << 1) | ((block[index + 1] ?? 0) >> 7)
  }
  const carry = (block[0] ?? 0) >> 7
  doubled[15] = (doubled[15] ?? 0) ^ (carry * 0x87)
  return doubled
}

/**
 * The key of a message: `CMAC(0x0001 "X" 0x00 salt) | CMAC(0x0002 "X" 0x00 salt)`. Both are of one block, so the two
 * block encryptions go through one call of a cipher that keeps no state between blocks.
 */
const makeDerive = (material: Uint8Array) => {
  const blockCipher = createCipheriv("aes-256-ecb", material, null).setAutoPadding(false)
  const subkey = double(blockCipher.update(new Uint8Array(16)))
  const [k0 = 0, k1 = 0, k2 = 0, k3 = 0] = subkey
  const blocks = new Uint8Array(32)
  return (salt: Uint8Array, at: number): Buffer => {
    blocks[0] = blocks[16] = k0
    blocks[1] = k1 ^ 1
    blocks[17] = k1 ^ 2
    blocks[2] = blocks[18] = k2 ^ label
    blocks[3] = blocks[19] = k3
    for (let index = 0; index < saltLength; index++) {
      blocks[4 + index] = blocks[20 + index] = (salt[at + index] ?? 0) ^ (subkey[4 + index] ?? 0)
    }
    return blockCipher.update(blocks)
  }
}

export interface Cipher extends AesGcm.Cipher {
  /** Unsafe because a nonce used twice gives both messages away: for the specification's vectors. */
  readonly unsafeSealWith: (nonce: Uint8Array, plaintext: Uint8Array, associatedData: Uint8Array) => Uint8Array
}

/** Draws random nonces; one key may seal 2^80 times, which needs no counting. */
export const make = (material: Uint8Array): Cipher => {
  if (material.length !== keyLength) throw new TypeError(`An AES-256 key has ${keyLength} bytes`)
  const derive = makeDerive(material)
  return {
    overhead,
    seal: (prefix, plaintext, associatedData) => {
      const head = new Uint8Array(prefix.length + saltLength)
      head.set(prefix)
      NoncePool.fillNonce(head, prefix.length, saltLength)
      const key = derive(head, prefix.length)
      const box = AesGcm.encryptRandomly(key, head, plaintext, associatedData)
      key.fill(0)
      return box
    },
    unsafeSealWith: (nonce, plaintext, associatedData) => {
      if (nonce.length !== nonceLength) throw new TypeError(`A nonce has ${nonceLength} bytes`)
      const salt = nonce.subarray(0, saltLength)
      return AesGcm.encrypt(derive(nonce, 0), salt, nonce.subarray(saltLength), plaintext, associatedData)
    },
    open: (box, offset, associatedData) => {
      const key = derive(box, offset)
      const plaintext = AesGcm.decrypt(key, box, offset + saltLength, associatedData)
      key.fill(0)
      return plaintext
    }
  }
}
