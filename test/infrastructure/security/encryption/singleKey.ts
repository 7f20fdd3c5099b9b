/**
 * Keysets of one given key with RAW prefix: raw primitives, seen through the API of keysets.
 */
import { Redacted } from "effect"
import type { Keyset } from "../../../../src/infrastructure/security/encryption/Keyset.ts"

const identity = { id: 1, status: "ENABLED", prefix: "RAW" } as const

export const aead = (algorithm: "AES_256_GCM" | "XAES_256_GCM", key: Uint8Array): Keyset<"Aead"> => ({
  primitive: "Aead",
  primary: 1,
  keys: [{ ...identity, algorithm, material: Redacted.make(key) }]
})

export const deterministicAead = (key: Uint8Array): Keyset<"DeterministicAead"> => ({
  primitive: "DeterministicAead",
  primary: 1,
  keys: [{ ...identity, algorithm: "AES_256_SIV", material: Redacted.make(key) }]
})

export const mac = (key: Uint8Array, tagSize: 16 | 32): Keyset<"Mac"> => ({
  primitive: "Mac",
  primary: 1,
  keys: [{ ...identity, algorithm: "HMAC_SHA256", material: Redacted.make(key), tagSize }]
})

export const verification = (publicKey: Uint8Array): Keyset<"Verification"> => ({
  primitive: "Verification",
  primary: 1,
  keys: [{ ...identity, algorithm: "ED25519_PUBLIC", publicKey }]
})

export const prf = (key: Uint8Array, salt: Uint8Array): Keyset<"Prf"> => ({
  primitive: "Prf",
  primary: 1,
  keys: [{ ...identity, algorithm: "HKDF_SHA256", material: Redacted.make(key), salt }]
})
