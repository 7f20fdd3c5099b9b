/**
 * Ed25519 keys (RFC 8032) as the 32 bytes each of them is, and as Node's key objects.
 */
import { createPrivateKey, createPublicKey } from "node:crypto"
import type { KeyObject } from "node:crypto"

/** What stands in front of the 32 bytes in PKCS #8 and SubjectPublicKeyInfo (RFC 8410). */
const privateHeader = Buffer.from("302e020100300506032b657004220420", "hex")
const publicHeader = Buffer.from("302a300506032b6570032100", "hex")

/** Length of either key in bytes. */
export const keyLength = 32

export const signatureLength = 64

export const privateKey = (bytes: Uint8Array): KeyObject => {
  const der = Buffer.concat([privateHeader, bytes])
  const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" })
  der.fill(0)
  return key
}

export const publicKey = (bytes: Uint8Array): KeyObject =>
  createPublicKey({ key: Buffer.concat([publicHeader, bytes]), format: "der", type: "spki" })

/** The public key that belongs to a private one. */
export const publicOf = (bytes: Uint8Array): Uint8Array => {
  const der = createPublicKey(privateKey(bytes)).export({ format: "der", type: "spki" })
  return new Uint8Array(der.subarray(publicHeader.length))
}
