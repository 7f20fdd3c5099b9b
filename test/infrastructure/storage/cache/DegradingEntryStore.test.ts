import { assert, describe, it } from "@effect/vitest"
import { Effect, Logger, Option, TestClock } from "effect"
import { Busy, Full } from "../../../../src/domain/storage/StorageFailure.ts"
import type { StorageFailure } from "../../../../src/domain/storage/StorageFailure.ts"
import * as DegradingEntryStore from "../../../../src/infrastructure/storage/cache/DegradingEntryStore.ts"
import type { EntryStore } from "../../../../src/infrastructure/storage/cache/EntryStore.ts"
import * as MemoryEntryStore from "../../../../src/infrastructure/storage/cache/MemoryEntryStore.ts"
import { all, expire, key, put, remove, served, tag } from "../../../../src/testing/contract/EntryStoreSubject.ts"

const place = { store: "cache", operation: "write" }

/** A disk whose writes can be made to fail, and what became of the store over it. */
const failing = Effect.gen(function*() {
  const memory = yield* MemoryEntryStore.make()
  const state = { failure: undefined as StorageFailure | undefined, writes: 0, discards: 0 }
  const write = <A>(effect: Effect.Effect<A, StorageFailure>) =>
    Effect.suspend(() => {
      state.writes += 1
      return state.failure === undefined ? effect : Effect.fail(state.failure)
    })
  const disk: EntryStore = {
    ...memory,
    put: (entries, how) => write(memory.put(entries, how)),
    invalidate: (invalidation) => write(memory.invalidate(invalidation))
  }
  const discard = Effect.sync(() => void (state.discards += 1))
  const spare = yield* MemoryEntryStore.make()
  return { state, memory, store: DegradingEntryStore.make({ disk, memory: spare, discard }) }
})

const warnings = <E, R>(effect: Effect.Effect<void, E, R>) => {
  const seen: Array<string> = []
  const logger = Logger.make(({ logLevel, message }) => logLevel.label === "WARN" && void seen.push(String(message)))
  return Effect.as(Effect.provide(effect, Logger.replace(Logger.defaultLogger, logger)), seen)
}

describe("while the disk fails", () => {
  it.effect("values are kept in memory, what is there is read, and one warning says so", () =>
    Effect.gen(function*() {
      const { memory, state, store } = yield* failing
      yield* put(store, "a", "1")
      state.failure = new Full(place)
      const log = yield* warnings(Effect.gen(function*() {
        const generation = yield* store.generation
        assert.isTrue(Option.isSome(yield* put(store, "b", "1", { generation })))
        yield* put(store, "c", "1")
        assert.isTrue(Option.isNone(yield* put(store, "c", "old", { generation })))
        assert.strictEqual(yield* served(store, "b"), "1")
        assert.strictEqual(yield* served(store, "c"), "1")
        assert.strictEqual(yield* served(memory, "b"), undefined)
        assert.strictEqual(yield* served(store, "a"), "1")
      }))
      assert.strictEqual(log.length, 1)
    }))

  it.effect("invalidations and refused sets hold here, and the file is discarded", () =>
    Effect.gen(function*() {
      const { state, store } = yield* failing
      for (const name of ["a", "b", "c", "d"]) yield* put(store, name, "1", { tags: [name] })
      const generation = yield* store.generation
      state.failure = new Full(place)
      yield* remove(store, key("a"))
      yield* expire(store, tag("b"))
      yield* put(store, "c", "2")
      assert.strictEqual(yield* served(store, "a"), undefined)
      assert.strictEqual(yield* served(store, "b"), "1 (expired)")
      assert.strictEqual(yield* served(store, "c"), "2")
      yield* remove(store, key("c"))
      assert.strictEqual(yield* served(store, "c"), undefined)
      assert.strictEqual(yield* served(store, "d"), "1")
      assert.strictEqual(state.discards, 1)
      assert.isAbove(yield* store.generation, generation, "a load that begins now is not one that began before")
      yield* remove(store, all)
      assert.strictEqual(yield* served(store, "d"), undefined)
    }))

  it.effect("it is tried again every 30 seconds, and what could not be written is written first", () =>
    Effect.gen(function*() {
      const { memory, state, store } = yield* failing
      yield* put(store, "a", "1")
      yield* put(store, "b", "1")
      const before = yield* store.generation
      state.failure = new Full(place)
      yield* remove(store, key("a"))
      const during = yield* store.generation
      const { writes } = state
      yield* TestClock.adjust("29 seconds")
      yield* put(store, "c", "1")
      assert.strictEqual(state.writes, writes)
      yield* TestClock.adjust("1 second")
      yield* put(store, "c", "1")
      assert.strictEqual(state.writes, writes + 1, "it was not tried")
      state.failure = undefined
      yield* put(store, "c", "1")
      assert.strictEqual(yield* served(memory, "c"), undefined)
      yield* TestClock.adjust("30 seconds")
      yield* put(store, "c", "2")
      assert.strictEqual(yield* served(store, "c"), "2")
      assert.strictEqual(yield* served(memory, "a"), undefined)
      assert.strictEqual(yield* served(memory, "b"), "1")
      for (const generation of [before, during]) {
        assert.isTrue(Option.isNone(yield* put(store, "a", "old", { generation: Math.min(before, generation) })))
      }
      assert.isTrue(Option.exists(yield* store.changes, ({ everything }) => everything))
      assert.isFalse(Option.exists(yield* store.changes, ({ everything }) => everything))
    }))

  it.effect("another process that writes keeps a load from being stored, and no more", () =>
    Effect.gen(function*() {
      const { state, store } = yield* failing
      const generation = yield* store.generation
      state.failure = new Busy(place)
      assert.isTrue(Option.isNone(yield* put(store, "a", "1", { generation })))
      state.failure = undefined
      assert.isTrue(Option.isSome(yield* put(store, "a", "1", { generation })))
    }))
})
