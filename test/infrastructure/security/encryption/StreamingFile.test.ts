import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Exit, Fiber, Stream } from "effect"
import * as fs from "node:fs"
import { join } from "node:path"
import { setImmediate } from "node:timers/promises"
import * as FileAccess from "../../../../src/infrastructure/security/encryption/FileAccess.ts"
import * as StreamingFile from "../../../../src/infrastructure/security/encryption/StreamingFile.ts"
import { temporaryFolder } from "../../../support/temporaryFolder.ts"
import * as streams from "./streams.ts"

const context = streams.bytes("context")

/** What this process has open below `folder`, where the system tells. */
const descriptors = (folder: string) =>
  fs.existsSync("/proc/self/fd")
    ? fs.readdirSync("/proc/self/fd").filter((name) => {
      try {
        return fs.readlinkSync(`/proc/self/fd/${name}`).startsWith(folder)
      } catch {
        return false
      }
    })
    : []

const files = Effect.gen(function*() {
  const folder = yield* temporaryFolder
  const at = (name: string) => join(folder, name)
  return {
    at,
    paths: { source: at("sealed"), target: at("opened") },
    read: (name: string) => new Uint8Array(fs.readFileSync(at(name))),
    write: (name: string, data: Uint8Array) => fs.writeFileSync(at(name), data),
    clean: (...names: ReadonlyArray<string>) => {
      assert.deepStrictEqual(fs.readdirSync(folder).toSorted(), [...names].toSorted())
      assert.deepStrictEqual(descriptors(folder), [])
    }
  }
})

const failureOf = (store: FileAccess.Store, code: string) =>
  Effect.flip(FileAccess.attempt(store, "write", () => Promise.reject(Object.assign(new Error(code), { code })))).pipe(
    Effect.map(({ _tag }) => _tag)
  )

describe("StreamingFile", () => {
  it.scoped("opens what it sealed, at every length around its segments, as streams do", () =>
    Effect.gen(function*() {
      const { at, clean, paths, read, write } = yield* files
      const keyset = streams.keysetOf(64)
      for (const length of [0, 1, 7, 8, 9, 55, 56, 57, 103, 104, 105, 1000]) {
        const plaintext = streams.plaintextOf(length)
        write("plain", plaintext)
        yield* StreamingFile.seal(keyset, { source: at("plain"), target: at("sealed") }, context)
        assert.deepStrictEqual(yield* streams.open(keyset, read("sealed"), context), plaintext)
        write("sealed", yield* streams.seal(keyset, plaintext, context))
        yield* StreamingFile.open(keyset, paths, context)
        assert.deepStrictEqual(read("opened"), plaintext)
        for (const release of ["segment", "verified"] as const) {
          const streamed = StreamingFile.stream(keyset, at("sealed"), context, release)
          assert.deepStrictEqual(yield* streams.collect(streamed), plaintext)
        }
      }
      clean("plain", "sealed", "opened")
    }))

  it.scoped("takes segments of 1 MiB, and may replace its source", () =>
    Effect.gen(function*() {
      const { at, clean, read, write } = yield* files
      const keyset = streams.keysetOf(1024 * 1024)
      const plaintext = streams.plaintextOf(3 * 1024 * 1024 + 5)
      write("file", plaintext)
      const paths = { source: at("file"), target: at("file") }
      yield* StreamingFile.seal(keyset, paths, context)
      assert.strictEqual(read("file").length, plaintext.length + streams.headerLength + 4 * streams.tagLength)
      yield* StreamingFile.open(keyset, paths, context)
      assert.isTrue(Buffer.from(read("file")).equals(plaintext))
      clean("file")
    }))

  it.scoped("what it writes only its owner may read", () =>
    Effect.gen(function*() {
      const { at, paths, write } = yield* files
      const keyset = streams.keysetOf(64)
      write("plain", streams.plaintextOf(10))
      yield* StreamingFile.seal(keyset, { source: at("plain"), target: at("sealed") }, context)
      yield* StreamingFile.open(keyset, paths, context)
      for (const path of Object.values(paths)) assert.strictEqual(fs.statSync(path).mode & 0o777, 0o600)
    }))

  it.scoped("a file that was changed, and a wrong key, leave the target as it was", () =>
    Effect.gen(function*() {
      const { clean, paths, read, write } = yield* files
      const keyset = streams.keysetOf(64)
      const sealed = yield* streams.seal(keyset, streams.plaintextOf(152), context)
      const [a, b, c, d] = streams.blocksOf(sealed, 64)
      assert.isDefined(a)
      assert.isDefined(b)
      assert.isDefined(c)
      assert.isDefined(d)
      write("opened", streams.bytes("former"))
      const cases: ReadonlyArray<readonly [string, Uint8Array]> = [
        ["SegmentTampered", streams.flipped(sealed, 70)],
        ["SegmentTampered", streams.flipped(sealed, sealed.length - 1)],
        ["SegmentTampered", streams.join(a, c, b, d)],
        ["SegmentTampered", sealed.subarray(0, 150)],
        ["StreamTruncated", streams.join(a, b, c)],
        ["StreamTruncated", sealed.subarray(0, 130)],
        ["StreamTruncated", sealed.subarray(0, 45)],
        ["StreamTruncated", new Uint8Array(0)],
        ["TrailingData", streams.join(sealed, streams.bytes("x"))],
        ["TrailingData", streams.join(sealed, new Uint8Array(64))],
        ["DecryptionFailed", streams.flipped(sealed, 20)],
        ["DecryptionFailed", streams.flipped(sealed, 50)],
        ["DecryptionFailed", streams.bytes("no sealed file")]
      ]
      for (const [expected, changed] of cases) {
        write("sealed", changed)
        const failure = yield* Effect.flip(StreamingFile.open(keyset, paths, context))
        assert.strictEqual(failure._tag, expected)
        assert.deepStrictEqual(read("opened"), streams.bytes("former"))
      }
      write("sealed", sealed)
      for (
        const attempt of [
          StreamingFile.open(streams.keysetOf(64), paths, context),
          StreamingFile.open(keyset, paths, a)
        ]
      ) {
        assert.strictEqual((yield* Effect.flip(attempt))._tag, "DecryptionFailed")
      }
      clean("sealed", "opened")
    }))

  it.scoped("verified: nothing leaves a file of which any byte was changed; by segment, what is before it does", () =>
    Effect.gen(function*() {
      const { at, clean, write } = yield* files
      const keyset = streams.keysetOf(64)
      const plaintext = streams.plaintextOf(150)
      const sealed = yield* streams.seal(keyset, plaintext, context)
      const given = (release: StreamingFile.Release) =>
        Effect.gen(function*() {
          const collected: Array<number> = []
          const result = yield* StreamingFile.stream(keyset, at("sealed"), context, release).pipe(
            Stream.runForEach((segment) => Effect.sync(() => collected.push(...segment))),
            Effect.either
          )
          assert.isTrue(Either.isLeft(result))
          return collected
        })
      for (let place = 0; place < sealed.length; place += 3) {
        write("sealed", streams.flipped(sealed, place))
        assert.deepStrictEqual(yield* given("verified"), [])
        const index = Math.floor(place / 64)
        // The end is proved first, so that a change there lets nothing out either.
        const before = index === 0 || index === 3 ? 0 : 8 + (index - 1) * 48
        assert.deepStrictEqual(yield* given("segment"), [...plaintext.subarray(0, before)])
      }
      clean("sealed")
    }))

  it.scoped("verified: a file that is changed while it is read ends in a failure, and gave nothing but what was proved", () =>
    Effect.gen(function*() {
      const { at, write } = yield* files
      const keyset = streams.keysetOf(64)
      const plaintext = streams.plaintextOf(150)
      const sealed = yield* streams.seal(keyset, plaintext, context)
      write("sealed", sealed)
      const given: Array<number> = []
      const failure = yield* StreamingFile.stream(keyset, at("sealed"), context, "verified").pipe(
        Stream.runForEach((segment) =>
          Effect.sync(() => {
            if (given.length === 0) write("sealed", streams.flipped(sealed, 140))
            given.push(...segment)
          })
        ),
        Effect.flip
      )
      assert.strictEqual(failure._tag, "SegmentTampered")
      assert.deepStrictEqual(given, [...plaintext.subarray(0, 56)])
    }))

  it.scoped("a file that is cut between two segments while it is opened is truncated", () =>
    Effect.gen(function*() {
      const { at, clean, paths, write } = yield* files
      const keyset = streams.keysetOf(4096)
      write("sealed", yield* streams.seal(keyset, streams.plaintextOf(2_000_000), context))
      const fiber = yield* Effect.fork(StreamingFile.open(keyset, paths, context))
      // From then on the end is proved, and what is before it is read.
      while (!fs.readdirSync(at(".")).some((name) => name.endsWith(".tmp"))) yield* Effect.promise(() => setImmediate())
      fs.truncateSync(at("sealed"), 4096 * 400)
      assert.strictEqual((yield* Effect.flip(Fiber.join(fiber)))._tag, "StreamTruncated")
      clean("sealed")
    }))

  it.scoped("interrupted at any moment, it leaves neither a part of a file nor a descriptor", () =>
    Effect.gen(function*() {
      const { at, clean, read, write } = yield* files
      const keyset = streams.keysetOf(4096)
      write("plain", streams.plaintextOf(100_000))
      const sealing = StreamingFile.seal(keyset, { source: at("plain"), target: at("sealed") }, context)
      let interrupted = 0
      for (let turns = 0; turns < 60; turns += 3) {
        const fiber = yield* Effect.fork(sealing)
        for (let turn = 0; turn < turns; turn++) yield* Effect.promise(() => setImmediate())
        const exit = yield* Fiber.interrupt(fiber)
        if (Exit.isInterrupted(exit)) interrupted += 1
        if (fs.existsSync(at("sealed"))) {
          assert.lengthOf(yield* streams.open(keyset, read("sealed"), context), 100_000)
          fs.rmSync(at("sealed"))
        }
        clean("plain")
      }
      assert.isAbove(interrupted, 2)
    }))

  it.scoped("a stream that is given up closes its file", () =>
    Effect.gen(function*() {
      const { at, clean, write } = yield* files
      const keyset = streams.keysetOf(64)
      write("sealed", yield* streams.seal(keyset, streams.plaintextOf(1000)))
      const streamed = StreamingFile.stream(keyset, at("sealed"), streams.bytes(""), "segment")
      assert.lengthOf(yield* streams.collect(Stream.take(streamed, 2)), 56)
      clean("sealed")
    }))

  it.scoped("folders, devices and missing files are failures of the file system", () =>
    Effect.gen(function*() {
      const { at, clean, write } = yield* files
      const keyset = streams.keysetOf(64)
      write("plain", streams.plaintextOf(10))
      const attempts = [
        { source: at("missing"), target: at("sealed") },
        { source: at("."), target: at("sealed") },
        { source: "/dev/null", target: at("sealed") },
        { source: at("plain"), target: at("missing/sealed") },
        { source: at("plain"), target: at(".") }
      ]
      for (const paths of attempts) {
        assert.strictEqual((yield* Effect.flip(StreamingFile.seal(keyset, paths, context)))._tag, "Io")
        clean("plain")
      }
    }))

  it.effect("a full disk and a place that cannot be written are told from other faults", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* failureOf("target file", "ENOSPC"), "Full")
      assert.strictEqual(yield* failureOf("target file", "EDQUOT"), "Full")
      assert.strictEqual(yield* failureOf("target file", "EROFS"), "ReadOnly")
      assert.strictEqual(yield* failureOf("target file", "EBUSY"), "Busy")
      assert.strictEqual(yield* failureOf("target file", "EIO"), "Io")
      assert.strictEqual(yield* failureOf("source file", "EACCES"), "Io")
    }))
})
