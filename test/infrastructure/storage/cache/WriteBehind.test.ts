import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, TestClock } from "effect"
import { Full } from "../../../../src/domain/storage/StorageFailure.ts"
import type { EntryStore } from "../../../../src/infrastructure/storage/cache/EntryStore.ts"
import * as MemoryEntryStore from "../../../../src/infrastructure/storage/cache/MemoryEntryStore.ts"
import * as WriteBehind from "../../../../src/infrastructure/storage/cache/WriteBehind.ts"
import { all, entry, expire, key, remove, served, tag } from "../../../../src/testing/contract/EntryStoreSubject.ts"

const setUp = Effect.gen(function*() {
  const below = yield* MemoryEntryStore.make()
  const puts: Array<number> = []
  const counting: EntryStore = {
    ...below,
    put: (entries, how) => Effect.zipRight(Effect.sync(() => puts.push(entries.length)), below.put(entries, how))
  }
  return { below, puts, store: yield* WriteBehind.make(counting) }
})

const behind = (store: EntryStore, name: string, value: string, more = {}) =>
  Effect.map(store.put([entry(name, value, more)], "behind"), ([stored]) => stored ?? Option.none())

describe("WriteBehind", () => {
  it.scoped("puts are read at once and stored together after 5 ms", () =>
    Effect.gen(function*() {
      const { below, puts, store } = yield* setUp
      yield* behind(store, "a", "1")
      yield* behind(store, "b", "1")
      yield* behind(store, "a", "2")
      assert.strictEqual(yield* served(store, "a"), "2")
      assert.strictEqual(yield* served(below, "a"), undefined)
      yield* TestClock.adjust("5 millis")
      assert.strictEqual(yield* served(below, "a"), "2")
      assert.deepStrictEqual(puts, [2])
      yield* behind(store, "c", "1")
      yield* TestClock.adjust("5 millis")
      assert.deepStrictEqual(puts, [2, 1])
    }))

  it.scoped("256 entries or 1 MiB are stored without waiting", () =>
    Effect.gen(function*() {
      const { puts, store } = yield* setUp
      for (let n = 0; n < 256; n += 1) yield* behind(store, `key ${n}`, "1")
      assert.deepStrictEqual(puts, [256])
      for (let n = 0; n < 3; n += 1) yield* behind(store, `key ${n}`, "x".repeat(400_000))
      assert.deepStrictEqual(puts, [256, 3])
    }))

  it.scoped("what was taken and is refused when it is stored is told as a change", () =>
    Effect.gen(function*() {
      const process = yield* MemoryEntryStore.makeShared()
      const store = yield* WriteBehind.make(yield* process)
      const other = yield* process
      const generation = yield* store.generation
      yield* other.put([entry("a", "theirs")], "through")
      assert.deepStrictEqual(Option.map(yield* store.changes, ({ keys }) => keys), Option.some(["a"]))
      assert.isTrue(Option.isSome(yield* behind(store, "a", "late", { generation })))
      yield* TestClock.adjust("5 millis")
      assert.strictEqual(yield* served(store, "a"), "theirs")
      assert.deepStrictEqual(Option.map(yield* store.changes, ({ keys }) => keys), Option.some(["a"]))
      assert.deepStrictEqual(yield* store.changes, Option.none())
    }))

  it.effect("what waits is stored when it is closed", () =>
    Effect.gen(function*() {
      const below = yield* MemoryEntryStore.make()
      yield* Effect.scoped(Effect.flatMap(WriteBehind.make(below), (store) => behind(store, "a", "1")))
      assert.strictEqual(yield* served(below, "a"), "1")
    }))

  it.scoped("invalidations do not wait, and reach what waits", () =>
    Effect.gen(function*() {
      const { below, store } = yield* setUp
      for (const kind of [expire, remove]) {
        for (const target of [key("a"), tag("x"), all]) {
          yield* behind(store, "a", "1", { tags: ["x"] })
          yield* behind(store, "b", "1")
          yield* kind(store, target)
          const expected = kind === expire ? "1 (expired)" : undefined
          assert.strictEqual(yield* served(store, "a"), expected)
          if (target !== all) assert.strictEqual(yield* served(store, "b"), "1")
          yield* TestClock.adjust("5 millis")
          assert.strictEqual(yield* served(below, "a"), expected)
        }
      }
    }))

  it.scoped("a load that began before a set, a removal or an expiry does not get to wait", () =>
    Effect.gen(function*() {
      const { store } = yield* setUp
      const generation = yield* store.generation
      yield* behind(store, "a", "set")
      assert.isTrue(Option.isNone(yield* behind(store, "a", "old", { generation })))
      yield* TestClock.adjust("5 millis")
      assert.isTrue(Option.isNone(yield* behind(store, "a", "old", { generation })))
      assert.strictEqual(yield* served(store, "a"), "set")
      yield* remove(store, key("b"))
      assert.isTrue(Option.isNone(yield* behind(store, "b", "old", { generation })))
      const later = yield* store.generation
      assert.isTrue(Option.isSome(yield* behind(store, "a", "loaded", { generation: later })))
      assert.strictEqual(yield* served(store, "a"), "loaded")
    }))

  it.scoped("a load that begins after a set that waits takes its place", () =>
    Effect.gen(function*() {
      const { below, store } = yield* setUp
      yield* behind(store, "a", "set")
      const generation = yield* store.generation
      yield* behind(store, "a", "loaded", { generation })
      yield* TestClock.adjust("5 millis")
      assert.strictEqual(yield* served(below, "a"), "loaded")
    }))

  it.scoped("a flush that fails loses what it had and nothing else", () =>
    Effect.gen(function*() {
      const below = yield* MemoryEntryStore.make()
      let isFull = true
      const store = yield* WriteBehind.make({
        ...below,
        put: (entries, how) =>
          Effect.suspend(() => isFull ? new Full({ store: "cache", operation: "write" }) : below.put(entries, how))
      })
      yield* behind(store, "a", "1")
      yield* TestClock.adjust("5 millis")
      assert.strictEqual(yield* served(store, "a"), undefined)
      isFull = false
      yield* behind(store, "b", "1")
      yield* TestClock.adjust("5 millis")
      assert.strictEqual(yield* served(below, "b"), "1")
    }))
})
