import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, FastCheck, Redacted, Stream } from "effect"
import * as AesGcmHkdfStreaming from "../../../../src/infrastructure/security/encryption/AesGcmHkdfStreaming.ts"
import * as Keyset from "../../../../src/infrastructure/security/encryption/Keyset.ts"
import * as SegmentStream from "../../../../src/infrastructure/security/encryption/SegmentStream.ts"
import * as StreamingAead from "../../../../src/infrastructure/security/encryption/StreamingAead.ts"
import { bytes, collect, headerLength, keysetOf, open, plaintextOf, seal, tagLength } from "./streams.ts"

const context = bytes("context")

/** Every length from nothing to the third segment's second byte, with segments of 64 bytes. */
const lengths = Array.from({ length: 108 }, (_, length) => length)

const properties = { fastCheck: { seed: 20261122, numRuns: 150 } }

const inChunks = (data: Uint8Array, sizes: ReadonlyArray<number>) => {
  let start = 0
  const chunks = sizes.map((size) => data.subarray(start, start += size))
  return Stream.rechunk(Stream.fromIterable([...chunks, data.subarray(start)]), 3)
}

describe("StreamingAead", () => {
  it.effect("opens what it sealed, at every length around its segments", () =>
    Effect.gen(function*() {
      const keyset = keysetOf(64)
      for (const length of lengths) {
        const plaintext = plaintextOf(length)
        const sealed = yield* seal(keyset, plaintext, context)
        const segments = Math.max(1, Math.ceil((length + headerLength) / (64 - tagLength)))
        assert.lengthOf(sealed, headerLength + length + segments * tagLength)
        assert.strictEqual(sealed[0], headerLength)
        assert.deepStrictEqual(yield* open(keyset, sealed, context), plaintext)
      }
    }))

  it.effect("seals with segments of 1 MiB by default, under an AES-256 key from HKDF-SHA256", () =>
    Effect.gen(function*() {
      const keyset = Keyset.generate("AES_256_GCM_HKDF_1MB")
      const [key] = Keyset.usableKeys(keyset)
      assert.deepInclude(key, { segmentSize: 1048576, derivedKeySize: 32, hash: "SHA256", prefix: "RAW" })
      const first = 1048576 - headerLength - tagLength
      for (const length of [34, first, first + 1]) {
        const sealed = yield* seal(keyset, plaintextOf(length))
        assert.lengthOf(sealed, headerLength + length + (length > first ? 2 : 1) * tagLength)
        assert.deepStrictEqual(yield* open(keyset, sealed), plaintextOf(length))
      }
    }))

  it.effect("draws a new header for each run, so that one plaintext never looks the same twice", () =>
    Effect.gen(function*() {
      const sealing = StreamingAead.seal(keysetOf(64), Stream.make(plaintextOf(200)), context)
      const [one, other] = [yield* collect(sealing), yield* collect(sealing)]
      assert.notDeepEqual(one.subarray(1, headerLength), other.subarray(1, headerLength))
      assert.notDeepEqual(one.subarray(headerLength), other.subarray(headerLength))
    }))

  it.effect("needs the key and the associated data it was sealed with, of any length", () =>
    Effect.gen(function*() {
      const keyset = keysetOf(64)
      const long = plaintextOf(5000)
      const sealed = yield* seal(keyset, plaintextOf(300), long)
      assert.deepStrictEqual(yield* open(keyset, sealed, long), plaintextOf(300))
      const attempts = [
        open(keysetOf(64), sealed, long),
        open(keyset, sealed, long.subarray(1)),
        open(keyset, sealed),
        open({ ...keyset, keys: [] }, sealed, long)
      ]
      for (const attempt of attempts) assert.strictEqual((yield* Effect.flip(attempt))._tag, "DecryptionFailed")
    }))

  it.effect("opens with any enabled key of a rotated keyset, also where their segments differ", () =>
    Effect.gen(function*() {
      const [small, large, short] = [keysetOf(64), keysetOf(4096), keysetOf(512, 16)]
      const all = { ...small, keys: [...small.keys, ...large.keys, ...short.keys] }
      for (const length of [0, 1, 8, 9, 56, 57, 4040, 4041, 5000, 9000]) {
        for (const one of [small, large, short]) {
          const sealed = yield* seal({ ...all, primary: one.primary }, plaintextOf(length), context)
          assert.deepStrictEqual(yield* open(all, sealed, context), plaintextOf(length), `${length}`)
          const chunks = Stream.rechunk(Stream.fromIterable(Array.from(sealed, (byte) => Uint8Array.of(byte))), 7)
          assert.deepStrictEqual(yield* collect(StreamingAead.open(all, chunks, context)), plaintextOf(length))
          const disabled = all.keys.map((key) => key.id === one.primary ? { ...key, status: "DISABLED" as const } : key)
          const failure = yield* Effect.flip(open({ ...all, keys: disabled }, sealed, context))
          assert.include(["DecryptionFailed", "StreamTruncated"], failure._tag)
        }
      }
    }))

  it.effect("does not seal with a primary key that it does not know", () =>
    Effect.gen(function*() {
      const failure = yield* Effect.flip(seal({ ...keysetOf(64), primary: 1 }, plaintextOf(1)))
      assert.strictEqual(failure._tag, "UnsupportedKey")
    }))

  it.effect("refuses to use a nonce twice when segments run out", () =>
    Effect.gen(function*() {
      const [key] = Keyset.usableKeys(keysetOf(64))
      assert.isDefined(key)
      const segments = AesGcmHkdfStreaming.create(key, context)
      assert.strictEqual(segments.maxSegments, 2 ** 32)
      assert.throws(() => segments.seal(2 ** 32, true, plaintextOf(1)), RangeError)
      const sealing = (length: number) =>
        collect(SegmentStream.sealSegments({ ...segments, maxSegments: 3 }, Stream.make(plaintextOf(length))))
      assert.lengthOf(yield* sealing(104), headerLength + 104 + 3 * tagLength)
      assert.strictEqual((yield* Effect.flip(sealing(105)))._tag, "StreamTooLong")
    }))

  it.effect("the failure of the source is the failure of the stream", () =>
    Effect.gen(function*() {
      const keyset = keysetOf(64)
      const broken = Stream.concat(Stream.make(yield* seal(keyset, plaintextOf(200))), Stream.fail("cut" as const))
      assert.strictEqual(yield* Effect.flip(Stream.runDrain(StreamingAead.open(keyset, broken, bytes("")))), "cut")
      assert.strictEqual(yield* Effect.flip(Stream.runDrain(StreamingAead.seal(keyset, broken, bytes("")))), "cut")
    }))

  it.effect("takes from its source what the consumer asks for, one segment ahead at most", () =>
    Effect.gen(function*() {
      const keyset = keysetOf(64)
      const sealed = yield* seal(keyset, plaintextOf(48 * 100))
      const first = {
        seal: (source: Stream.Stream<Uint8Array>) =>
          Stream.runDrain(Stream.take(StreamingAead.seal(keyset, source, bytes("")), 1)),
        open: (source: Stream.Stream<Uint8Array>) =>
          Stream.runDrain(Stream.take(StreamingAead.open(keyset, source, bytes("")), 1))
      }
      for (const [direction, takeFirst] of Object.entries(first)) {
        let pulled = 0
        let closed = false
        const source = Stream.range(0, 99, 1).pipe(
          Stream.map((index) => {
            pulled += 1
            return sealed.subarray(index * 64, (index + 1) * 64)
          }),
          Stream.ensuring(Effect.sync(() => {
            closed = true
          }))
        )
        yield* takeFirst(source)
        assert.isAtMost(pulled, 2, direction)
        assert.isTrue(closed)
      }
    }))

  it.effect("gives the segments of one huge chunk one by one", () =>
    Effect.gen(function*() {
      const keyset = keysetOf(4096)
      const sizes: Array<number> = []
      const sealed = yield* seal(keyset, plaintextOf(20_000))
      const opened = Stream.tap(StreamingAead.open(keyset, Stream.make(sealed), bytes("")), ({ length }) =>
        Effect.sync(() => sizes.push(length)))
      yield* Stream.runDrain(opened)
      assert.deepStrictEqual(sizes, [4040, 4080, 4080, 4080, 3720])
    }))

  const cuts = FastCheck.array(FastCheck.integer({ min: 0, max: 150 }), { maxLength: 40 })
  it.effect.prop(
    "chunks do not matter, neither of what is sealed nor of what is opened",
    [FastCheck.uint8Array({ maxLength: 400 }), FastCheck.uint8Array({ maxLength: 40 }), cuts, cuts],
    ([plaintext, associatedData, some, others]) =>
      Effect.gen(function*() {
        const keyset = keysetOf(64)
        const sealed = yield* collect(StreamingAead.seal(keyset, inChunks(plaintext, some), associatedData))
        const opened = yield* collect(StreamingAead.open(keyset, inChunks(sealed, others), associatedData))
        assert.deepStrictEqual(opened, Uint8Array.from(plaintext))
      }),
    properties
  )

  it.effect.prop(
    "any changed bit is noticed, and what came before it is a start of the plaintext",
    [
      FastCheck.uint8Array({ minLength: 1, maxLength: 400 }),
      FastCheck.nat(),
      FastCheck.integer({ min: 0, max: 7 }),
      cuts
    ],
    ([plaintext, place, bit, sizes]) =>
      Effect.gen(function*() {
        const keyset = keysetOf(64)
        const sealed = yield* seal(keyset, plaintext)
        const at = place % sealed.length
        sealed[at] = (sealed[at] ?? 0) ^ (1 << bit)
        const given: Array<number> = []
        const opening = Stream.tap(StreamingAead.open(keyset, inChunks(sealed, sizes), bytes("")), (segment) =>
          Effect.sync(() => given.push(...segment)))
        assert.isTrue(Either.isLeft(yield* Effect.either(Stream.runDrain(opening))))
        assert.deepStrictEqual(given, [...plaintext].slice(0, given.length))
        assert.isBelow(given.length, Math.max(1, at))
      }),
    properties
  )

  it("shows no key material", () => {
    const [key] = Keyset.usableKeys(keysetOf(64))
    assert.isDefined(key)
    const segments = AesGcmHkdfStreaming.create({ ...key, material: Redacted.make(bytes("k".repeat(32))) }, context)
    assert.notInclude(JSON.stringify(segments), "kkkk")
    assert.deepStrictEqual(Object.keys(segments).toSorted(), ["header", "maxSegments", "open", "seal", "segmentSize"])
  })
})
