import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit } from "effect"
import * as fs from "node:fs"
import { join } from "node:path"
import type { Keyset } from "../../../../src/infrastructure/security/encryption/Keyset.ts"
import * as SeekableFile from "../../../../src/infrastructure/security/encryption/SeekableFile.ts"
import { temporaryFolder } from "../../../support/temporaryFolder.ts"
import * as streams from "./streams.ts"

const context = streams.bytes("context")

const sealedFile = (keyset: Keyset<"StreamingAead">, length: number) =>
  Effect.gen(function*() {
    const path = join(yield* temporaryFolder, "sealed")
    const sealed = yield* streams.seal(keyset, streams.plaintextOf(length), context)
    const write = (data: Uint8Array) => fs.writeFileSync(path, data)
    write(sealed)
    return { path, sealed, write, opening: SeekableFile.open(keyset, path, context) }
  })

describe("SeekableFile", () => {
  it.scoped("reads any part, and as much as there is", () =>
    Effect.gen(function*() {
      const plaintext = streams.plaintextOf(130)
      const { opening } = yield* sealedFile(streams.keysetOf(64), 130)
      const { length, readAt } = yield* opening
      assert.strictEqual(length, 130)
      for (let offset = 0; offset <= 140; offset += 1) {
        for (const wanted of [0, 1, 7, 8, 48, 60, 1000]) {
          assert.deepStrictEqual(yield* readAt(offset, wanted), plaintext.slice(offset, offset + wanted))
        }
      }
      assert.lengthOf(yield* readAt(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER), 0)
    }))

  it.scoped("knows the length of every file around its segments", () =>
    Effect.gen(function*() {
      for (const length of [0, 1, 8, 9, 55, 56, 57, 104]) {
        const { opening } = yield* sealedFile(streams.keysetOf(64), length)
        const file = yield* opening
        assert.strictEqual(file.length, length)
        assert.deepStrictEqual(yield* file.readAt(0, 200), streams.plaintextOf(length))
      }
    }))

  it.scoped("serves many readers at once", () =>
    Effect.gen(function*() {
      const plaintext = streams.plaintextOf(5000)
      const { opening } = yield* sealedFile(streams.keysetOf(64), 5000)
      const { readAt } = yield* opening
      const offsets = Array.from({ length: 200 }, (_, index) => (index * 997) % 4900)
      const parts = yield* Effect.forEach(offsets, (offset) => readAt(offset, 100), { concurrency: "unbounded" })
      for (const [index, offset] of offsets.entries()) {
        assert.deepStrictEqual(parts[index], plaintext.slice(offset, offset + 100))
      }
    }))

  it.scoped("authenticates the segments it touches and looks at no other", () =>
    Effect.gen(function*() {
      const { opening, sealed, write } = yield* sealedFile(streams.keysetOf(64), 250)
      write(streams.flipped(sealed, 140))
      const { readAt } = yield* opening
      assert.deepStrictEqual(yield* readAt(0, 56), streams.plaintextOf(56))
      assert.deepStrictEqual(yield* readAt(104, 146), streams.plaintextOf(250).slice(104))
      for (const [offset, length] of [[56, 1], [103, 1], [0, 57], [103, 2], [0, 250]] as const) {
        const failure = yield* Effect.flip(readAt(offset, length))
        assert.strictEqual(failure._tag === "SegmentTampered" ? failure.index : failure._tag, 2)
      }
    }))

  it.scoped("does not open what was cut or extended, nor with another key or other associated data", () =>
    Effect.gen(function*() {
      const keyset = streams.keysetOf(64)
      const { opening, path, sealed, write } = yield* sealedFile(keyset, 152)
      const cases: ReadonlyArray<readonly [string, Uint8Array]> = [
        ["StreamTruncated", sealed.subarray(0, 192)],
        ["StreamTruncated", sealed.subarray(0, 64)],
        ["StreamTruncated", sealed.subarray(0, 30)],
        ["SegmentTampered", sealed.subarray(0, 255)],
        ["TrailingData", streams.join(sealed, new Uint8Array(1))],
        ["TrailingData", streams.join(sealed, new Uint8Array(16))],
        ["TrailingData", streams.join(sealed, new Uint8Array(64))]
      ]
      for (const [expected, changed] of cases) {
        write(changed)
        assert.strictEqual((yield* Effect.flip(opening))._tag, expected)
      }
      write(sealed)
      for (
        const attempt of [
          SeekableFile.open(streams.keysetOf(64), path, context),
          SeekableFile.open(streams.keysetOf(64, 16), path, context),
          SeekableFile.open(keyset, path, streams.bytes("other")),
          SeekableFile.open({ ...keyset, keys: [] }, path, context)
        ]
      ) {
        assert.strictEqual((yield* Effect.flip(attempt))._tag, "DecryptionFailed")
      }
    }))

  it.scoped("finds the key of a rotated keyset by the end of the file", () =>
    Effect.gen(function*() {
      const [small, large] = [streams.keysetOf(64), streams.keysetOf(4096)]
      const both = { ...large, keys: [...large.keys, ...small.keys] }
      for (const one of [small, large]) {
        const { path } = yield* sealedFile(one, 10_000)
        const file = yield* SeekableFile.open(both, path, context)
        assert.deepStrictEqual(yield* file.readAt(9_990, 100), streams.plaintextOf(10_000).slice(9_990))
      }
    }))

  it.scoped("a file that shrinks while it is open is truncated", () =>
    Effect.gen(function*() {
      const { opening, sealed, write } = yield* sealedFile(streams.keysetOf(64), 250)
      const { readAt } = yield* opening
      write(sealed.subarray(0, 100))
      assert.strictEqual((yield* Effect.flip(readAt(60, 1)))._tag, "StreamTruncated")
    }))

  it.scoped("gives nothing once it is closed", () =>
    Effect.gen(function*() {
      const { opening } = yield* sealedFile(streams.keysetOf(64), 100)
      const { readAt } = yield* Effect.scoped(Effect.tap(opening, (file) => file.readAt(0, 5)))
      assert.strictEqual((yield* Effect.flip(readAt(0, 5)))._tag, "Io")
    }))

  it.scoped("an offset or length that is no count of bytes is a bug", () =>
    Effect.gen(function*() {
      const { opening } = yield* sealedFile(streams.keysetOf(64), 10)
      const { readAt } = yield* opening
      for (const [offset, length] of [[-1, 1], [0, -1], [0.5, 1], [0, Number.NaN], [2 ** 60, 1]] as const) {
        const exit = yield* Effect.exit(readAt(offset, length))
        assert.isTrue(Exit.isFailure(exit) && Cause.isDie(exit.cause))
      }
    }))
})
