/**
 * Sealing and opening whole files, in memory for a few segments.
 */
import { Effect, Either, Stream } from "effect"
import type { StorageFailure } from "../../../domain/storage/StorageFailure.ts"
import * as AesGcmHkdfStreaming from "./AesGcmHkdfStreaming.ts"
import { openSource, replace } from "./FileAccess.ts"
import * as FilePump from "./FilePump.ts"
import * as Keyset from "./Keyset.ts"
import type { UnsupportedKey } from "./KeysetFailure.ts"
import * as SealedFile from "./SealedFile.ts"
import type { SealedFileFailure } from "./SealedFile.ts"
import * as SegmentStream from "./SegmentStream.ts"
import { StreamTruncated } from "./StreamFailure.ts"
import type { StreamTooLong } from "./StreamFailure.ts"

export interface Paths {
  readonly source: string

  /** Replaced at once and only by a complete file; may be the source. */
  readonly target: string
}

/** Seals under the primary key. A source that grows meanwhile is sealed as far as it had been read. */
export const seal = (
  keyset: Keyset.Keyset<"StreamingAead">,
  { source, target }: Paths,
  associatedData: Uint8Array
): Effect.Effect<void, StorageFailure | StreamTooLong | UnsupportedKey> =>
  Effect.gen(function*() {
    const segments = AesGcmHkdfStreaming.create(yield* Keyset.primaryKey(keyset), associatedData)
    const capacity = segments.segmentSize - AesGcmHkdfStreaming.tagLength
    const { handle } = yield* openSource(source)

    yield* replace(target, (written) =>
      FilePump.run({
        source: handle,
        target: written,
        first: capacity - segments.header.length,
        following: capacity,
        transform: (index, last, block) => SegmentStream.sealBlock(segments, index, last, block)
      }))
  }).pipe(Effect.scoped)

/** The target is there only when every segment was authenticated. */
export const open = (
  keyset: Keyset.Keyset<"StreamingAead">,
  { source, target }: Paths,
  associatedData: Uint8Array
): Effect.Effect<void, SealedFileFailure> =>
  Effect.gen(function*() {
    const { count, handle, segments } = yield* SealedFile.open(keyset, source, associatedData)

    yield* replace(target, (written) =>
      FilePump.run({
        source: handle,
        target: written,
        first: segments.segmentSize,
        following: segments.segmentSize,
        transform: (index, last, block) =>
          // The end that was proved when the file was opened is no longer there.
          last && index !== count - 1
            ? Either.left(new StreamTruncated())
            : Either.map(SealedFile.openBlock(segments, count, index, block), (plaintext) => [plaintext])
      }))
  }).pipe(Effect.scoped)

/**
 * When plaintext may leave. `segment`: each segment once it is authenticated; the end is proved first, a change in the
 * middle is seen when it is reached. `verified`: all segments were authenticated before the first leaves, which reads
 * the file twice; what leaves is authenticated again, under the same key and nonces, so it is what was proved.
 */
export type Release = "segment" | "verified"

/** The plaintext of a sealed file. Where it fails after it gave something, that is void unless `verified`. */
export const stream = (
  keyset: Keyset.Keyset<"StreamingAead">,
  source: string,
  associatedData: Uint8Array,
  release: Release
): Stream.Stream<Uint8Array, SealedFileFailure> =>
  Stream.unwrapScoped(Effect.gen(function*() {
    const { count, read, segments } = yield* SealedFile.open(keyset, source, associatedData)
    const buffer = Buffer.allocUnsafeSlow(segments.segmentSize)
    const each = Stream.mapEffect(Stream.range(0, count - 1, 1), (index) => read(index, buffer))
    if (release === "verified") yield* Stream.runDrain(each)
    return Stream.filter(each, ({ length }) => length > 0)
  }))
