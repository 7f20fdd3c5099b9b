/**
 * Keys as Tink's protobuf messages (`google.crypto.tink.KeyData`), one message type per key type.
 */
import { Option, Redacted } from "effect"
import * as Ed25519 from "./Ed25519.ts"
import type { HkdfHash, KeyStatus, OpaqueKey, OutputPrefix, UsableKey } from "./Key.ts"
import * as Protobuf from "./Protobuf.ts"

export interface KeyData {
  readonly typeUrl: string
  readonly keyMaterialType: number
  readonly value: Uint8Array
}

/** Numbers of `KeyData.KeyMaterialType`. */
export const materialTypes = { symmetric: 1, private: 2, public: 3 } as const

/** What a usable key has besides its type's own message. */
interface Identity {
  readonly id: number
  readonly status: KeyStatus
  readonly prefix: OutputPrefix
}

const url = (name: string) => `type.googleapis.com/google.crypto.tink.${name}`

/** Numbers of `HashType`. */
const hashes = { SHA1: 1, SHA256: 3, SHA512: 4 } as const
const hashOf = (number: number) => (["SHA1", "SHA256", "SHA512"] as const).find((hash) => hashes[hash] === number)

/** Above this a segment is a mistake: each is held in memory whole. */
const maxSegmentSize = 64 * 1024 * 1024

const symmetric = (type: string, fields: Iterable<Protobuf.Field>): KeyData => ({
  typeUrl: url(type),
  keyMaterialType: materialTypes.symmetric,
  value: Protobuf.encode(fields)
})

const ed25519Public = (publicKey: Uint8Array): ReadonlyArray<Protobuf.Field> => [[2, publicKey]]

export const encode = (key: UsableKey): KeyData => {
  switch (key.algorithm) {
    case "AES_256_GCM":
      return symmetric("AesGcmKey", [[3, Redacted.value(key.material)]])
    case "XAES_256_GCM":
      return symmetric("XAesGcmKey", [Protobuf.message(2, [[1, 12]]), [3, Redacted.value(key.material)]])
    case "AES_256_SIV":
      return symmetric("AesSivKey", [[2, Redacted.value(key.material)]])
    case "HMAC_SHA256": {
      const parameters = Protobuf.message(2, [[1, hashes.SHA256], [2, key.tagSize]])
      return symmetric("HmacKey", [parameters, [3, Redacted.value(key.material)]])
    }
    case "HKDF_SHA256": {
      const parameters = Protobuf.message(2, [[1, hashes.SHA256], [2, key.salt]])
      return symmetric("HkdfPrfKey", [parameters, [3, Redacted.value(key.material)]])
    }
    case "AES_GCM_HKDF": {
      const parameters = Protobuf.message(2, [[1, key.segmentSize], [2, key.derivedKeySize], [3, hashes[key.hash]]])
      return symmetric("AesGcmHkdfStreamingKey", [parameters, [3, Redacted.value(key.material)]])
    }
    case "ED25519":
      return {
        typeUrl: url("Ed25519PrivateKey"),
        keyMaterialType: materialTypes.private,
        value: Protobuf.encode([
          [2, Redacted.value(key.material)],
          Protobuf.message(3, ed25519Public(key.publicKey))
        ])
      }
    case "ED25519_PUBLIC":
      return {
        typeUrl: url("Ed25519PublicKey"),
        keyMaterialType: materialTypes.public,
        value: Protobuf.encode(ed25519Public(key.publicKey))
      }
  }
}

const secret = <A extends string>(identity: Identity, algorithm: A, material: Uint8Array) => ({
  ...identity,
  algorithm,
  material: Redacted.make(material)
})

const streaming = (identity: Identity, parameters: Protobuf.Message, material: Uint8Array) => {
  const segmentSize = parameters.integer(1)
  const derivedKeySize = parameters.integer(2)
  const hash: HkdfHash | undefined = hashOf(parameters.integer(3))
  if (hash === undefined || (derivedKeySize !== 16 && derivedKeySize !== 32)) return undefined
  // A segment has room for the header (length, salt, nonce prefix), a tag and at least one byte.
  const fits = segmentSize > 1 + derivedKeySize + 7 + 16 && segmentSize <= maxSegmentSize
  if (!fits || material.length < derivedKeySize) return undefined
  return { ...secret(identity, "AES_GCM_HKDF", material), segmentSize, derivedKeySize, hash } as const
}

/** By type; `undefined` when the parameters are not ones that are used here. All are of version 0. */
const decoders: Record<string, (message: Protobuf.Message, identity: Identity) => UsableKey | undefined> = {
  [url("AesGcmKey")]: (message, identity) =>
    message.bytes(3).length === 32 ? secret(identity, "AES_256_GCM", message.bytes(3)) : undefined,

  [url("XAesGcmKey")]: (message, identity) =>
    Option.exists(message.message(2), (parameters) => parameters.integer(1) === 12) && message.bytes(3).length === 32
      ? secret(identity, "XAES_256_GCM", message.bytes(3))
      : undefined,

  [url("AesSivKey")]: (message, identity) =>
    message.bytes(2).length === 64 ? secret(identity, "AES_256_SIV", message.bytes(2)) : undefined,

  [url("HmacKey")]: (message, identity) => {
    const parameters = Option.getOrUndefined(message.message(2))
    const tagSize = parameters?.integer(2)
    if (parameters?.integer(1) !== hashes.SHA256 || (tagSize !== 16 && tagSize !== 32)) return undefined
    return message.bytes(3).length >= 16 ? { ...secret(identity, "HMAC_SHA256", message.bytes(3)), tagSize } : undefined
  },

  [url("HkdfPrfKey")]: (message, identity) => {
    const parameters = Option.getOrUndefined(message.message(2))
    if (parameters?.integer(1) !== hashes.SHA256 || message.bytes(3).length < 32) return undefined
    return { ...secret(identity, "HKDF_SHA256", message.bytes(3)), salt: parameters.bytes(2) }
  },

  [url("AesGcmHkdfStreamingKey")]: (message, identity) =>
    Option.match(message.message(2), {
      onNone: () => undefined,
      onSome: (parameters) => streaming(identity, parameters, message.bytes(3))
    }),

  [url("Ed25519PrivateKey")]: (message, identity) => {
    const material = message.bytes(2)
    const publicKey = Option.getOrUndefined(message.message(3))?.bytes(2)
    // A pair that does not belong together makes signatures nobody can verify.
    return publicKey !== undefined && material.length === Ed25519.keyLength
        && Buffer.from(Ed25519.publicOf(material)).equals(publicKey)
      ? { ...secret(identity, "ED25519", material), publicKey }
      : undefined
  },

  [url("Ed25519PublicKey")]: (message, identity) =>
    message.bytes(2).length === Ed25519.keyLength
      ? { ...identity, algorithm: "ED25519_PUBLIC", publicKey: message.bytes(2) }
      : undefined
}

/** `OPAQUE` when the key's type or parameters are not known here. */
export const decode = (
  { keyMaterialType, typeUrl, value }: KeyData,
  { id, prefix, status }: Pick<OpaqueKey, "id" | "prefix" | "status">
): UsableKey | OpaqueKey => {
  const opaque = { id, prefix, status, algorithm: "OPAQUE", typeUrl, keyMaterialType, material: Redacted.make(value) }
  const decoder = Object.hasOwn(decoders, typeUrl) ? decoders[typeUrl] : undefined
  const message = Option.getOrUndefined(Protobuf.decode(value))
  const usable = status !== "DESTROYED" && (prefix === "TINK" || prefix === "RAW")
  const known = usable && message?.integer(1) === 0 ? decoder?.(message, { id, status, prefix }) : undefined
  return known ?? { ...opaque, algorithm: "OPAQUE" }
}
