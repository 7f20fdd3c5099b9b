/**
 * Keys as values: what Tink's key types hold, under the primitive each is for.
 */
import { Redacted } from "effect"
import { randomFillSync } from "node:crypto"
import * as Ed25519 from "./Ed25519.ts"

/** A disabled key is kept but not used; of a destroyed one nothing but its id is left. */
export type KeyStatus = "ENABLED" | "DISABLED" | "DESTROYED"

/** TINK: what the key makes starts with `0x01 | id (u32 BE)`. RAW: it does not, and opening tries the key. */
export type OutputPrefix = "TINK" | "RAW"

interface Identity {
  /** Random, not zero, unique in its keyset. */
  readonly id: number
  readonly status: KeyStatus
}

interface SecretKey<Algorithm extends string> extends Identity {
  readonly prefix: OutputPrefix
  readonly algorithm: Algorithm
  readonly material: Redacted.Redacted<Uint8Array>
}

/** 32 bytes. */
export type AeadKey = SecretKey<"XAES_256_GCM" | "AES_256_GCM">

export type HkdfHash = "SHA1" | "SHA256" | "SHA512"

/** At least 16 bytes, and at least `derivedKeySize`. */
export interface StreamingAeadKey extends SecretKey<"AES_GCM_HKDF"> {
  /** Bytes of ciphertext per segment, tag included. */
  readonly segmentSize: number
  readonly derivedKeySize: 16 | 32
  readonly hash: HkdfHash
}

/** 64 bytes: RFC 5297's two keys. */
export type DeterministicAeadKey = SecretKey<"AES_256_SIV">

/** At least 16 bytes. */
export interface MacKey extends SecretKey<"HMAC_SHA256"> {
  readonly tagSize: 16 | 32
}

/** RFC 8032's 32-byte private key, and the public key that belongs to it. */
export interface SignatureKey extends SecretKey<"ED25519"> {
  readonly publicKey: Uint8Array
}

export interface VerificationKey extends Identity {
  readonly prefix: OutputPrefix
  readonly algorithm: "ED25519_PUBLIC"
  readonly publicKey: Uint8Array
}

/** At least 32 bytes. */
export interface PrfKey extends SecretKey<"HKDF_SHA256"> {
  readonly salt: Uint8Array
}

/** A key of a type this version does not know, or what is left of a destroyed one: never used, kept byte for byte. */
export interface OpaqueKey extends Identity {
  readonly prefix: OutputPrefix | "LEGACY" | "CRUNCHY"
  readonly algorithm: "OPAQUE"
  readonly typeUrl: string
  /** As in `google.crypto.tink.KeyData`. */
  readonly keyMaterialType: number
  readonly material: Redacted.Redacted<Uint8Array>
}

interface KeyOf {
  readonly Aead: AeadKey
  readonly StreamingAead: StreamingAeadKey
  readonly DeterministicAead: DeterministicAeadKey
  readonly Mac: MacKey
  readonly Signature: SignatureKey
  readonly Verification: VerificationKey
  readonly Prf: PrfKey
}

export type Primitive = keyof KeyOf
export type UsableKey<P extends Primitive = Primitive> = KeyOf[P]
export type Key<P extends Primitive = Primitive> = KeyOf[P] | OpaqueKey
export type KeyAlgorithm = UsableKey["algorithm"]

export const primitiveOf: { readonly [A in KeyAlgorithm]: Primitive } = {
  XAES_256_GCM: "Aead",
  AES_256_GCM: "Aead",
  AES_GCM_HKDF: "StreamingAead",
  AES_256_SIV: "DeterministicAead",
  HMAC_SHA256: "Mac",
  ED25519: "Signature",
  ED25519_PUBLIC: "Verification",
  HKDF_SHA256: "Prf"
}

const random = (length: number) => Redacted.make(randomFillSync(new Uint8Array(length)))

const symmetric =
  <A extends "XAES_256_GCM" | "AES_256_GCM" | "AES_256_SIV">(algorithm: A, length: number) => (id: number) =>
    ({ id, status: "ENABLED", prefix: "TINK", algorithm, material: random(length) }) as const

/** Streams are told apart by their place, not by a prefix (as in Tink's own templates). */
const streaming = (segmentSize: number) => (id: number): StreamingAeadKey => ({
  id,
  status: "ENABLED",
  prefix: "RAW",
  algorithm: "AES_GCM_HKDF",
  material: random(32),
  segmentSize,
  derivedKeySize: 32,
  hash: "SHA256"
})

const hmac = (tagSize: 16 | 32) => (id: number): MacKey => ({
  id,
  status: "ENABLED",
  prefix: "TINK",
  algorithm: "HMAC_SHA256",
  material: random(32),
  tagSize
})

const ed25519 = (id: number): SignatureKey => {
  const material = random(Ed25519.keyLength)
  const publicKey = Ed25519.publicOf(Redacted.value(material))
  return { id, status: "ENABLED", prefix: "TINK", algorithm: "ED25519", material, publicKey }
}

const hkdf = (id: number): PrfKey => ({
  id,
  status: "ENABLED",
  prefix: "RAW",
  algorithm: "HKDF_SHA256",
  material: random(32),
  salt: new Uint8Array(0)
})

/** How to make a new key, by the names of Tink's templates. */
export const templates = {
  XAES_256_GCM: symmetric("XAES_256_GCM", 32),
  AES_256_GCM: symmetric("AES_256_GCM", 32),
  AES_256_GCM_HKDF_4KB: streaming(4096),
  AES_256_GCM_HKDF_1MB: streaming(1024 * 1024),
  AES_256_SIV: symmetric("AES_256_SIV", 64),
  HMAC_SHA256: hmac(32),
  HMAC_SHA256_128BITTAG: hmac(16),
  ED25519: ed25519,
  HKDF_SHA256: hkdf
}

export type KeyTemplate = keyof typeof templates

/** The primitive that a template's keys are for. */
export type PrimitiveOf<T extends KeyTemplate> = {
  [P in Primitive]: ReturnType<(typeof templates)[T]> extends UsableKey<P> ? P : never
}[Primitive]

export type TemplateOf<P extends Primitive> = {
  [T in KeyTemplate]: PrimitiveOf<T> extends P ? T : never
}[KeyTemplate]
