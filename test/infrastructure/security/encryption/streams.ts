/**
 * Sealed streams as byte arrays, and what can be done to them.
 */
import { Chunk, Effect, Stream } from "effect"
import type { Keyset } from "../../../../src/infrastructure/security/encryption/Keyset.ts"
import * as Keysets from "../../../../src/infrastructure/security/encryption/Keyset.ts"
import * as StreamingAead from "../../../../src/infrastructure/security/encryption/StreamingAead.ts"

export const bytes = (text: string) => new Uint8Array(Buffer.from(text))

/** `length` bytes that differ from place to place. */
export const plaintextOf = (length: number) =>
  Uint8Array.from({ length }, (_, index) => (index * 7 + (index >> 8)) & 0xff)

/** A new key for segments of `segmentSize` bytes of ciphertext: with 64, plaintexts are cut after 8, 56, 104, ... bytes. */
export const keysetOf = (segmentSize: number, derivedKeySize: 16 | 32 = 32): Keyset<"StreamingAead"> => {
  const keyset = Keysets.generate("AES_256_GCM_HKDF_4KB")
  return { ...keyset, keys: keyset.keys.map((key) => ({ ...key, segmentSize, derivedKeySize })) }
}

export const headerLength = 40
export const tagLength = 16

export const collect = <E, R>(stream: Stream.Stream<Uint8Array, E, R>) =>
  Effect.map(Stream.runCollect(stream), (chunks) => new Uint8Array(Buffer.concat(Chunk.toReadonlyArray(chunks))))

const none = new Uint8Array(0)

export const seal = (keyset: Keyset<"StreamingAead">, plaintext: Uint8Array, associatedData: Uint8Array = none) =>
  collect(StreamingAead.seal(keyset, Stream.make(plaintext), associatedData))

export const open = (keyset: Keyset<"StreamingAead">, ciphertext: Uint8Array, associatedData: Uint8Array = none) =>
  collect(StreamingAead.open(keyset, Stream.make(ciphertext), associatedData))

/** The blocks of `segmentSize` bytes that a sealed stream consists of; the first has the header. */
export const blocksOf = (sealed: Uint8Array, segmentSize: number) =>
  Array.from(
    { length: Math.ceil(sealed.length / segmentSize) },
    (_, index) => sealed.subarray(index * segmentSize, (index + 1) * segmentSize)
  )

export const join = (...pieces: ReadonlyArray<Uint8Array>) => new Uint8Array(Buffer.concat(pieces))

export const flipped = (sealed: Uint8Array, at: number) => {
  const changed = Uint8Array.from(sealed)
  changed[at] = (changed[at] ?? 0) ^ 1
  return changed
}
