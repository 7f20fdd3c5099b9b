import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Logger, Option, TestClock } from "effect"
import { join } from "node:path"
import { Busy, Full } from "../../../../src/domain/storage/StorageFailure.ts"
import type { StorageFailure } from "../../../../src/domain/storage/StorageFailure.ts"
import * as DegradingEntryStore from "../../../../src/infrastructure/storage/cache/DegradingEntryStore.ts"
import type { EntryStore } from "../../../../src/infrastructure/storage/cache/EntryStore.ts"
import * as MemoryEntryStore from "../../../../src/infrastructure/storage/cache/MemoryEntryStore.ts"
import * as SqlEntryStore from "../../../../src/infrastructure/storage/cache/SqlEntryStore.ts"
import { settle } from "../../../../src/testing/contract/CacheSubject.ts"
import { all, expire, key, put, remove, served, tag } from "../../../../src/testing/contract/EntryStoreSubject.ts"
import { temporaryFolder } from "../../../support/temporaryFolder.ts"

const place = { store: "cache", operation: "write" }

/** A disk whose writes can be made to fail, and whose answers can be made to wait. */
const over = (entries: EntryStore) => {
  const state = {
    failure: undefined as StorageFailure | undefined,
    generationWaits: Effect.void as Effect.Effect<unknown>,
    invalidationWaits: Effect.void as Effect.Effect<unknown>,
    putWaits: Effect.void as Effect.Effect<unknown>,
    writes: 0,
    discards: 0
  }
  const write = <A>(effect: Effect.Effect<A, StorageFailure>) =>
    Effect.suspend(() => {
      state.writes += 1
      return state.failure === undefined ? effect : Effect.fail(state.failure)
    })
  const disk: EntryStore = {
    ...entries,
    generation: Effect.zipRight(Effect.suspend(() => state.generationWaits), entries.generation),
    put: (some, how) => Effect.zipRight(Effect.suspend(() => state.putWaits), write(entries.put(some, how))),
    invalidate: (invalidation) =>
      write(Effect.zipRight(Effect.suspend(() => state.invalidationWaits), entries.invalidate(invalidation)))
  }
  const discard = Effect.sync(() => void (state.discards += 1))
  return { state, store: DegradingEntryStore.make({ disk, memory: MemoryEntryStore.make(), discard }) }
}

const failing = Effect.map(MemoryEntryStore.make(), (memory) => ({ memory, ...over(memory) }))

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

  for (const n of [1, 2, 1000]) {
    it.scoped(`invalidations hold when the file is the ${n}. of its cache`, () =>
      Effect.gen(function*() {
        const filename = join(yield* temporaryFolder, "cache.db")
        const { state, store } = over(yield* SqlEntryStore.make({ filename, base: n * 2 ** 32 }))
        yield* put(store, "a", "old")
        yield* put(store, "b", "old")
        state.failure = new Full(place)
        yield* remove(store, key("a"))
        assert.strictEqual(yield* served(store, "a"), undefined)
        yield* put(store, "b", "new")
        yield* remove(store, key("b"))
        assert.strictEqual(yield* served(store, "b"), undefined)
      }))
  }

  it.effect("an invalidation that comes while late ones are written is written too", () =>
    Effect.gen(function*() {
      const { memory, state, store } = yield* failing
      for (const name of ["a", "b"]) yield* put(store, name, "old")
      const turn = yield* Deferred.make<void>()
      const written = yield* Deferred.make<void>()
      state.putWaits = Deferred.await(turn)
      const putting = yield* Effect.fork(put(store, "slow", "1"))
      yield* settle
      state.failure = new Busy(place)
      yield* remove(store, key("a"))
      state.failure = undefined
      state.invalidationWaits = Deferred.await(written)
      yield* Deferred.succeed(turn, undefined)
      yield* settle
      yield* remove(store, key("b"))
      assert.strictEqual(yield* served(store, "b"), undefined)
      yield* Deferred.succeed(written, undefined)
      yield* Fiber.join(putting)
      for (const one of [store, memory]) {
        assert.strictEqual(yield* served(one, "a"), undefined)
        assert.strictEqual(yield* served(one, "b"), undefined)
      }
    }))

  it.effect("an invalidation that is under way when the disk can be written again is written too", () =>
    Effect.gen(function*() {
      const { memory, state, store } = yield* failing
      yield* put(store, "a", "old")
      state.failure = new Full(place)
      yield* remove(store, key("other"))
      const answer = yield* Deferred.make<void>()
      state.generationWaits = Deferred.await(answer)
      const removing = yield* Effect.fork(remove(store, key("a")))
      yield* settle
      state.failure = undefined
      yield* TestClock.adjust("30 seconds")
      yield* put(store, "b", "1")
      yield* Deferred.succeed(answer, undefined)
      yield* Fiber.join(removing)
      for (const one of [store, memory]) assert.strictEqual(yield* served(one, "a"), undefined)
    }))
})
