/**
 * Sealing and opening a `Stream` under raw streaming keys. Needs memory for two segments, whatever chunks arrive, and
 * takes from the source only what the consumer asks for.
 */
import type { Cause } from "effect"
import { Channel, Chunk, Effect, Either, Option, Stream } from "effect"
import { DecryptionFailed } from "../../../domain/security/CryptoFailure.ts"
import * as AesGcmHkdfStreaming from "./AesGcmHkdfStreaming.ts"
import type { Segments, StreamingKey } from "./AesGcmHkdfStreaming.ts"
import * as BlockCutter from "./BlockCutter.ts"
import { SegmentTampered, StreamTooLong, StreamTruncated, TrailingData } from "./StreamFailure.ts"
import type { StreamFailure } from "./StreamFailure.ts"

type Bytes = Chunk.Chunk<Uint8Array>
type Pipe<E, E2> = Channel.Channel<Bytes, Bytes, E | E2, E, unknown, unknown>

/** Feeds the cutter; `drain` takes its full blocks out and comes back for more, `finish` gets what is left. */
const reading = <E, E2>(
  cutter: BlockCutter.BlockCutter,
  drain: () => Pipe<E, E2>,
  finish: () => Pipe<E, E2>
): Pipe<E, E2> =>
  Channel.readWithCause({
    onInput: (chunks: Bytes) => {
      cutter.feed(Chunk.toReadonlyArray(chunks))
      return drain()
    },
    onFailure: (cause: Cause.Cause<E>) => Channel.failCause(cause),
    onDone: finish
  })

const through = <E, E2, R>(source: Stream.Stream<Uint8Array, E, R>, pipe: () => Pipe<E, E2>) =>
  Stream.fromChannel(Channel.pipeTo(Stream.toChannel(source), Channel.suspend(pipe)))

/** Block `index` of a sealed stream, in pieces: segment `index`, behind the header if it is the first. */
export const sealBlock = (
  segments: Segments,
  index: number,
  last: boolean,
  plaintext: Uint8Array
): Either.Either<ReadonlyArray<Uint8Array>, StreamTooLong> => {
  if (index >= segments.maxSegments) return Either.left(new StreamTooLong())
  const sealed = segments.seal(index, last, plaintext)
  return Either.right(index === 0 ? [segments.header, ...sealed] : sealed)
}

/** The header, then the segments; the same `segments` must not seal twice. */
export const sealSegments = <E, R>(
  segments: Segments,
  plaintext: Stream.Stream<Uint8Array, E, R>
): Stream.Stream<Uint8Array, E | StreamTooLong, R> =>
  through<E, StreamTooLong, R>(plaintext, () => {
    const capacity = segments.segmentSize - AesGcmHkdfStreaming.tagLength
    const cutter = BlockCutter.make(capacity, capacity - segments.header.length)
    let index = 0

    const seal = (last: boolean, block: Uint8Array) =>
      Either.match(sealBlock(segments, index++, last, block), {
        onLeft: Channel.fail,
        onRight: (pieces) => Channel.write(Chunk.unsafeFromArray(pieces))
      })

    const drain = (): Pipe<E, StreamTooLong> => {
      const block = cutter.next()
      return block === undefined ? more : Channel.flatMap(seal(false, block), drain)
    }

    const more: Pipe<E, StreamTooLong> = reading(cutter, drain, () => seal(true, cutter.rest()))
    return Channel.ensuring(more, Effect.sync(cutter.wipe))
  })

/** Seals under `key` with a fresh header. */
export const seal = <E, R>(
  key: StreamingKey,
  plaintext: Stream.Stream<Uint8Array, E, R>,
  associatedData: Uint8Array
): Stream.Stream<Uint8Array, E | StreamTooLong, R> =>
  Stream.suspend(() => sealSegments(AesGcmHkdfStreaming.create(key, associatedData), plaintext))

/** Why segment `index`, or what stands in its place, does not open. */
export const explain = (
  segments: Segments,
  index: number,
  last: boolean,
  segment: Uint8Array
): DecryptionFailed | StreamFailure => {
  const full = index === 0 ? segments.segmentSize - segments.header.length : segments.segmentSize
  // Anything else is too short for a segment that is not the last.
  if ((!last || segment.length === full) && Option.isSome(segments.open(index, !last, segment))) {
    return last ? new StreamTruncated() : new TrailingData()
  }
  if (segment.length < AesGcmHkdfStreaming.tagLength) return new StreamTruncated()
  return index === 0 ? new DecryptionFailed() : new SegmentTampered({ index })
}

interface Opened {
  readonly segments: Segments
  readonly plaintext: Uint8Array
  readonly last: boolean
  readonly rest: Uint8Array
}

/** Finds the key whose first segment `head` holds. `ended`: nothing follows it. */
const openHead = (
  keys: ReadonlyArray<StreamingKey>,
  associatedData: Uint8Array,
  head: Uint8Array,
  ended: boolean
): Either.Either<Opened, DecryptionFailed | StreamFailure> => {
  let failure: DecryptionFailed | StreamFailure = new DecryptionFailed()
  for (const key of keys) {
    const opened = Either.flatMap(
      AesGcmHkdfStreaming.read(key, head, associatedData),
      (segments): Either.Either<Opened, DecryptionFailed | StreamFailure> => {
        const last = ended && head.length <= segments.segmentSize
        const segment = head.subarray(segments.header.length, segments.segmentSize)
        return segments.open(0, last, segment).pipe(
          Either.fromOption(() => explain(segments, 0, last, segment)),
          Either.map((plaintext) => ({ segments, plaintext, last, rest: head.subarray(segments.segmentSize) }))
        )
      }
    )
    if (Either.isRight(opened)) return opened
    // Another key's segment does not open either: what says more is about the right one.
    if (opened.left._tag !== "DecryptionFailed") failure = opened.left
  }
  return Either.left(failure)
}

const written = (plaintext: Uint8Array) => plaintext.length === 0 ? Channel.void : Channel.write(Chunk.of(plaintext))

/** Gives each segment once it is authenticated, under the first of `keys` that opens the first one. */
export const open = <E, R>(
  keys: ReadonlyArray<StreamingKey>,
  ciphertext: Stream.Stream<Uint8Array, E, R>,
  associatedData: Uint8Array
): Stream.Stream<Uint8Array, E | DecryptionFailed | StreamFailure, R> =>
  through<E, DecryptionFailed | StreamFailure, R>(ciphertext, () => {
    type Opening = Pipe<E, DecryptionFailed | StreamFailure>

    const following = (segments: Segments, fed: ReadonlyArray<Uint8Array>, ended: boolean): Opening => {
      const cutter = BlockCutter.make(segments.segmentSize)
      let index = 1

      const segment = (last: boolean, block: Uint8Array) => {
        if (index >= segments.maxSegments) return Channel.fail(new TrailingData())
        const plaintext = segments.open(index, last, block)
        if (Option.isNone(plaintext)) return Channel.fail(explain(segments, index, last, block))
        index += 1
        return written(plaintext.value)
      }

      const finish = () => segment(true, cutter.rest())
      const drain = (): Opening => {
        const block = cutter.next()
        if (block !== undefined) return Channel.flatMap(segment(false, block), drain)
        return ended ? finish() : more
      }

      const more: Opening = reading(cutter, drain, finish)
      cutter.feed(fed)
      return drain()
    }

    const size = Math.max(0, ...keys.map(({ segmentSize }) => segmentSize))
    const cutter = BlockCutter.make(size)

    const begin = (head: Uint8Array, ended: boolean): Opening =>
      Either.match(openHead(keys, associatedData, head, ended), {
        onLeft: Channel.fail,
        onRight: ({ last, plaintext, rest, segments }) =>
          last
            ? written(plaintext)
            : Channel.flatMap(written(plaintext), () => following(segments, [rest, ...cutter.unread()], ended))
      })

    const heading: Opening = reading(
      cutter,
      () => {
        const head = cutter.next()
        return head === undefined ? heading : begin(head, false)
      },
      () => begin(cutter.rest(), true)
    )
    return keys.length === 0 ? Channel.fail(new DecryptionFailed()) : heading
  })
