/**
 * A file that holds a sealed stream, opened: its key is found and its end is proved.
 */
import { Effect, Either } from "effect"
import type { Scope } from "effect"
import type { FileHandle } from "node:fs/promises"
import { DecryptionFailed } from "../../../domain/security/CryptoFailure.ts"
import type { StorageFailure } from "../../../domain/storage/StorageFailure.ts"
import * as AesGcmHkdfStreaming from "./AesGcmHkdfStreaming.ts"
import type { Segments, StreamingKey } from "./AesGcmHkdfStreaming.ts"
import { attempt, openSource, readFully } from "./FileAccess.ts"
import * as Keyset from "./Keyset.ts"
import { explain } from "./SegmentStream.ts"
import { StreamTruncated, TrailingData } from "./StreamFailure.ts"
import type { StreamFailure } from "./StreamFailure.ts"

export interface SealedFile {
  readonly handle: FileHandle
  readonly segments: Segments

  /** How many segments there are, at least one. */
  readonly count: number

  /** Of the plaintext, in bytes. */
  readonly length: number

  /** The plaintext of segment `index`; `buffer` has room for one segment. */
  readonly read: (index: number, buffer: Uint8Array) => Effect.Effect<Uint8Array, SealedFileFailure>
}

export type SealedFileFailure = DecryptionFailed | StreamFailure | StorageFailure

/** The segment within block `index`: the first block starts with the header. */
const within = ({ header }: Segments, index: number, block: Uint8Array) =>
  index === 0 ? block.subarray(header.length) : block

/** The plaintext of block `index` of `count`, or why it has none. */
export const openBlock = (
  segments: Segments,
  count: number,
  index: number,
  block: Uint8Array
): Either.Either<Uint8Array, DecryptionFailed | StreamFailure> => {
  const last = index === count - 1
  if (!last && block.length < segments.segmentSize) return Either.left(new StreamTruncated())
  const segment = within(segments, index, block)
  return Either.fromOption(segments.open(index, last, segment), () => explain(segments, index, last, segment))
}

const reader = (handle: FileHandle, segments: Segments, count: number): SealedFile["read"] => (index, buffer) =>
  Effect.flatMap(
    attempt(
      "source file",
      "read",
      () => readFully(handle, buffer.subarray(0, segments.segmentSize), index * segments.segmentSize)
    ),
    (block) => openBlock(segments, count, index, block)
  )

/** Opens `file` under one key, by its last segment. */
const openWith = (
  key: StreamingKey,
  file: { readonly handle: FileHandle; readonly length: number },
  head: Uint8Array,
  associatedData: Uint8Array
): Effect.Effect<SealedFile, SealedFileFailure> =>
  Effect.gen(function*() {
    const { handle } = file
    const segments = yield* AesGcmHkdfStreaming.read(key, head, associatedData)
    const count = Math.max(1, Math.ceil(file.length / segments.segmentSize))
    if (count > segments.maxSegments) return yield* new TrailingData()
    const read = reader(handle, segments, count)
    const buffer = Buffer.allocUnsafeSlow(Math.min(segments.segmentSize, file.length))
    const last = yield* Effect.either(read(count - 1, buffer))
    if (Either.isRight(last)) {
      const added = segments.header.length + count * AesGcmHkdfStreaming.tagLength
      return { handle, segments, count, length: file.length - added, read }
    }
    // The end is wrong. What stands before it tells another key from a file that was changed.
    if (count > 1) {
      yield* read(0, buffer)
      yield* read(count - 2, buffer)
    }
    return yield* last.left
  })

/** Tries the enabled keys. Proves the last segment, and with it the length, before it gives anything. */
export const open = (
  keyset: Keyset.Keyset<"StreamingAead">,
  path: string,
  associatedData: Uint8Array
): Effect.Effect<SealedFile, SealedFileFailure, Scope.Scope> =>
  Effect.gen(function*() {
    const keys = Keyset.usableKeys(keyset)
    const file = yield* openSource(path)
    const longest = Math.max(0, ...keys.map(AesGcmHkdfStreaming.headerLength))
    const head = yield* attempt("source file", "read", () => readFully(file.handle, Buffer.alloc(longest), 0))
    let failure: SealedFileFailure = new DecryptionFailed()
    for (const key of keys) {
      const opened = yield* Effect.either(openWith(key, file, head, associatedData))
      if (Either.isRight(opened)) return opened.right
      if (opened.left._tag !== "DecryptionFailed") failure = opened.left
    }
    return yield* failure
  })
