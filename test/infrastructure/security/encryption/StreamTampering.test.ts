/**
 * Sealed streams that were cut, extended or put together anew. With segments of 64 bytes a plaintext of 104 bytes fills
 * three segments to the last byte.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Stream } from "effect"
import * as AesGcmHkdfStreaming from "../../../../src/infrastructure/security/encryption/AesGcmHkdfStreaming.ts"
import * as Keyset from "../../../../src/infrastructure/security/encryption/Keyset.ts"
import * as StreamingAead from "../../../../src/infrastructure/security/encryption/StreamingAead.ts"
import { blocksOf, bytes, collect, flipped, join, keysetOf, open, plaintextOf, seal } from "./streams.ts"

const size = 64

const failureOf = (keyset: Keyset.Keyset<"StreamingAead">, sealed: Uint8Array) =>
  Effect.gen(function*() {
    const failure = yield* Effect.flip(open(keyset, sealed))
    const bytewise = Stream.fromIterable(Array.from(sealed, (byte) => Uint8Array.of(byte)))
    assert.deepStrictEqual(yield* Effect.flip(collect(StreamingAead.open(keyset, bytewise, bytes("")))), failure)
    return failure._tag === "SegmentTampered" ? `${failure._tag} ${failure.index}` : failure._tag
  })

const stream = (length: number) =>
  Effect.gen(function*() {
    const keyset = keysetOf(size)
    const sealed = yield* seal(keyset, plaintextOf(length))
    return {
      keyset,
      sealed,
      blocks: blocksOf(sealed, size),
      fails: (changed: Uint8Array) => failureOf(keyset, changed)
    }
  })

describe("a sealed stream that was changed", () => {
  it.effect("cut anywhere, it fails; between segments and inside a header or tag, as truncated", () =>
    Effect.gen(function*() {
      for (const length of [0, 1, 8, 9, 104, 130]) {
        const { fails, sealed } = yield* stream(length)
        for (let end = 0; end < sealed.length; end++) {
          const failure = yield* fails(sealed.subarray(0, end))
          const rest = end % size
          if (end < 56 || rest === 0 || (end > size && rest < 16)) {
            assert.strictEqual(failure, "StreamTruncated", `${end}`)
          } else if (end < size) assert.strictEqual(failure, "DecryptionFailed", `${end}`)
          else assert.strictEqual(failure, `SegmentTampered ${Math.floor(end / size)}`)
        }
      }
    }))

  it.effect("bytes after a full last segment are trailing data", () =>
    Effect.gen(function*() {
      for (const length of [8, 56, 104]) {
        const { fails, sealed } = yield* stream(length)
        assert.strictEqual(sealed.length % size, 0)
        for (const extra of [1, 15, 16, 17, 63, 64, 65, 200]) {
          assert.strictEqual(yield* fails(join(sealed, new Uint8Array(extra))), "TrailingData", `${length}+${extra}`)
        }
      }
    }))

  it.effect("bytes after a last segment that is not full make it another segment", () =>
    Effect.gen(function*() {
      for (const length of [0, 5, 20, 100, 110]) {
        const { blocks, fails, sealed } = yield* stream(length)
        for (const extra of [1, 16, 64, 200]) {
          const expected = blocks.length === 1 ? "DecryptionFailed" : `SegmentTampered ${blocks.length - 1}`
          assert.strictEqual(yield* fails(join(sealed, new Uint8Array(extra))), expected, `${length}+${extra}`)
        }
      }
    }))

  it.effect("a segment that is repeated, moved, left out or taken from another stream is noticed", () =>
    Effect.gen(function*() {
      const { blocks: [a, b, c, d], fails, keyset } = yield* stream(152)
      const other = blocksOf(yield* seal(keyset, plaintextOf(152)), size)
      assert.isDefined(a)
      assert.isDefined(b)
      assert.isDefined(c)
      assert.isDefined(d)
      assert.strictEqual(yield* fails(join(a, b, b, c, d)), "SegmentTampered 2")
      assert.strictEqual(yield* fails(join(a, c, b, d)), "SegmentTampered 1")
      assert.strictEqual(yield* fails(join(a, c, d)), "SegmentTampered 1")
      assert.strictEqual(yield* fails(join(a, b, d)), "SegmentTampered 2")
      assert.strictEqual(yield* fails(join(a, b, c)), "StreamTruncated")
      assert.strictEqual(yield* fails(join(b, c, d)), "DecryptionFailed")
      assert.strictEqual(yield* fails(join(a, b, c, d, d)), "TrailingData")
      assert.strictEqual(yield* fails(join(a, b, c, d, a, b, c, d)), "TrailingData")
      assert.strictEqual(yield* fails(join(a, b, other[2] ?? a, d)), "SegmentTampered 2")
      assert.strictEqual(yield* fails(join(a, b, c, other[3] ?? a)), "SegmentTampered 3")
      assert.strictEqual(yield* fails(join(other[0] ?? a, b, c, d)), "SegmentTampered 1")
    }))

  it.effect("every changed byte is noticed in its segment", () =>
    Effect.gen(function*() {
      const { fails, sealed } = yield* stream(110)
      for (let at = 0; at < sealed.length; at++) {
        const index = Math.floor(at / size)
        const expected = index === 0 ? "DecryptionFailed" : `SegmentTampered ${index}`
        assert.strictEqual(yield* fails(flipped(sealed, at)), expected, `${at}`)
      }
    }))

  it.effect("an empty last segment is refused, even from whoever has the key", () =>
    Effect.gen(function*() {
      const keyset = keysetOf(size)
      const [key] = Keyset.usableKeys(keyset)
      assert.isDefined(key)
      const segments = AesGcmHkdfStreaming.create(key, bytes(""))
      const first = join(segments.header, ...segments.seal(0, false, plaintextOf(8)))
      const empty = join(first, ...segments.seal(1, true, bytes("")))
      assert.strictEqual(yield* failureOf(keyset, empty), "SegmentTampered 1")
      const full = join(first, ...segments.seal(1, true, plaintextOf(48)))
      assert.lengthOf(yield* open(keyset, full), 56)
      assert.isTrue(Option.isNone(segments.open(1, true, empty.subarray(size))))
    }))

  it.effect("a segment whose last byte says it is the last is no other, and the reverse", () =>
    Effect.gen(function*() {
      const keyset = keysetOf(size)
      const [key] = Keyset.usableKeys(keyset)
      assert.isDefined(key)
      const segments = AesGcmHkdfStreaming.create(key, bytes(""))
      const early = join(segments.header, ...segments.seal(0, true, plaintextOf(8)))
      const late = join(...segments.seal(1, true, plaintextOf(5)))
      assert.strictEqual(yield* failureOf(keyset, join(early, late)), "TrailingData")
      const open0 = join(segments.header, ...segments.seal(0, false, plaintextOf(8)))
      assert.strictEqual(yield* failureOf(keyset, open0), "StreamTruncated")
    }))

  it.effect("what is no sealed stream at all does not open", () =>
    Effect.gen(function*() {
      const keyset = keysetOf(size)
      assert.strictEqual(yield* failureOf(keyset, new Uint8Array(0)), "StreamTruncated")
      assert.strictEqual(yield* failureOf(keyset, bytes("(")), "StreamTruncated")
      assert.strictEqual(yield* failureOf(keyset, bytes("plain")), "DecryptionFailed")
      assert.strictEqual(yield* failureOf(keyset, new Uint8Array(1000)), "DecryptionFailed")
    }))
})
