/**
 * The segments of one sealed stream, as Tink's AES-GCM-HKDF streaming AEAD writes them.
 *
 * A sealed stream is a row of blocks of `segmentSize` bytes, of which only the last may be shorter. The first starts
 * with the header `length (1) | salt (derivedKeySize) | nonce prefix (7)`; what remains of a block is one segment,
 * AES-GCM under a key that HKDF makes from the stream's salt and associated data. A segment's nonce is
 * `prefix | index (u32 BE) | 1 when it is the last, else 0`, which is what shows segments that were moved or left out.
 */
import { Either, Option, Redacted } from "effect"
import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from "node:crypto"
import { DecryptionFailed } from "../../../domain/security/CryptoFailure.ts"
import * as AesGcm from "./AesGcm.ts"
import * as Hkdf from "./Hkdf.ts"
import type { StreamingAeadKey } from "./Key.ts"
import { StreamTruncated } from "./StreamFailure.ts"

/** What of a key makes streams. */
export type StreamingKey = Pick<StreamingAeadKey, "material" | "derivedKeySize" | "hash" | "segmentSize">

const prefixLength = 7
const nonceLength = 12
const maxSegments = 2 ** 32

/** What each segment adds to its plaintext, in bytes. */
export const tagLength = 16

export const headerLength = ({ derivedKeySize }: Pick<StreamingKey, "derivedKeySize">): number =>
  1 + derivedKeySize + prefixLength

const derive = ({ derivedKeySize, hash, material }: StreamingKey, salt: Uint8Array, info: Uint8Array) => {
  const derived = Hkdf.derive(Redacted.value(material), info, derivedKeySize, salt, hash)
  const key = createSecretKey(derived)
  derived.fill(0)
  return key
}

/** Seals and opens the segments of one stream. Every call is synchronous; a segment of 1 MiB takes about 1 ms. */
export interface Segments {
  readonly header: Uint8Array
  readonly segmentSize: number

  /** Indexes stay below this. */
  readonly maxSegments: number

  /** The ciphertext in two pieces, which spares a copy. Any `index` is sealed at most once per stream. */
  readonly seal: (index: number, last: boolean, plaintext: Uint8Array) => readonly [body: Uint8Array, tag: Uint8Array]

  /** `none` when it is not segment `index`, or not the last, or changed. No plaintext leaves before the tag is verified. */
  readonly open: (index: number, last: boolean, segment: Uint8Array) => Option.Option<Uint8Array>
}

const make = (key: StreamingKey, header: Uint8Array, associatedData: Uint8Array): Segments => {
  const { derivedKeySize, segmentSize } = key
  const algorithm = derivedKeySize === 16 ? "aes-128-gcm" : "aes-256-gcm"
  const derived = derive(key, header.subarray(1, 1 + derivedKeySize), associatedData)
  const nonce = Buffer.alloc(nonceLength)
  nonce.set(header.subarray(1 + derivedKeySize))

  const nonceOf = (index: number, last: boolean) => {
    nonce.writeUInt32BE(index, prefixLength)
    nonce[nonceLength - 1] = last ? 1 : 0
    return nonce
  }

  return {
    header,
    segmentSize,
    maxSegments,
    seal: (index, last, plaintext) => {
      const cipher = createCipheriv(algorithm, derived, nonceOf(index, last), { authTagLength: tagLength })
      const body = cipher.update(plaintext)
      cipher.final()
      return [body, cipher.getAuthTag()]
    },
    open: (index, last, segment) => {
      const end = segment.length - tagLength
      // Only an empty stream has an empty segment, so that a plaintext has ciphertexts of one length.
      if (end < 0 || (end === 0 && index > 0)) return Option.none()
      const decipher = createDecipheriv(algorithm, derived, nonceOf(index, last), { authTagLength: tagLength })
      decipher.setAuthTag(segment.subarray(end))
      return AesGcm.verified(decipher, decipher.update(segment.subarray(0, end)))
    }
  }
}

/** A new stream: fresh salt, fresh nonce prefix. */
export const create = (key: StreamingKey, associatedData: Uint8Array): Segments => {
  const header = randomBytes(headerLength(key))
  header[0] = header.length
  return make(key, header, associatedData)
}

/** The stream that starts with `start`, which may go on after the header. */
export const read = (
  key: StreamingKey,
  start: Uint8Array,
  associatedData: Uint8Array
): Either.Either<Segments, DecryptionFailed | StreamTruncated> => {
  const length = headerLength(key)
  if (start.length > 0 && start[0] !== length) return Either.left(new DecryptionFailed())
  return start.length < length
    ? Either.left(new StreamTruncated())
    : Either.right(make(key, Uint8Array.from(start.subarray(0, length)), associatedData))
}
