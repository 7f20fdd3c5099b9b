import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Either, Exit, Fiber, Layer, Option, Stream, TestClock } from "effect"
import { Cache } from "../../src/domain/storage/Cache.ts"
import { Busy, Full } from "../../src/domain/storage/StorageFailure.ts"
import * as MemoryCache from "../../src/infrastructure/storage/cache/MemoryCache.ts"
import { LocalDatabase } from "../../src/infrastructure/storage/local/LocalDatabase.ts"
import * as MemoryProcessLock from "../../src/infrastructure/storage/local/MemoryProcessLock.ts"
import { ProcessLock } from "../../src/infrastructure/storage/local/ProcessLock.ts"
import * as SqliteLocalDatabase from "../../src/infrastructure/storage/local/SqliteLocalDatabase.ts"
import { texts } from "../../src/testing/contract/CacheSubject.ts"
import { withFaults } from "../../src/testing/Faults.ts"

class Ticker extends Context.Tag("test/testing/Ticker")<Ticker, {
  readonly ticks: Stream.Stream<number, string>
  readonly from: (start: number) => Stream.Stream<number, string>
  readonly name: string
}>() {}

const ticker = Layer.succeed(
  Ticker,
  Object.freeze({
    ticks: Stream.make(1, 2, 3),
    from: (start: number) => Stream.make(start, start + 1),
    name: "ticker"
  })
)

const busy = new Busy({ store: "lock", operation: "test" })

describe("withFaults", () => {
  it.scoped("fails as many calls as told, without running them, and then lets them through", () =>
    Effect.gen(function*() {
      const faults = yield* withFaults(ProcessLock, MemoryProcessLock.layer)
      yield* faults.fail("withLock", busy, { times: 2 })
      let ran = 0
      yield* Effect.gen(function*() {
        const lock = yield* ProcessLock
        const work = lock.withLock("a", "1 second")(Effect.sync(() => (ran += 1)))
        assert.strictEqual(yield* Effect.flip(work), busy)
        assert.strictEqual(yield* Effect.flip(work), busy)
        assert.strictEqual(yield* work, 1)
      }).pipe(Effect.provide(faults.layer))
    }))

  it.scoped("delays in the runner's time", () =>
    Effect.gen(function*() {
      const faults = yield* withFaults(Cache, MemoryCache.layer)
      yield* faults.delay("get", "30 seconds")
      yield* Effect.gen(function*() {
        const cache = yield* Cache
        const reading = yield* Effect.fork(cache.get(texts, "a"))
        yield* TestClock.adjust("29 seconds")
        assert.isTrue(Option.isNone(yield* Fiber.poll(reading)))
        yield* TestClock.adjust("1 second")
        assert.isTrue(Option.isNone(yield* Fiber.join(reading)))
      }).pipe(Effect.provide(faults.layer))
    }))

  it.scoped("hangs until interrupted", () =>
    Effect.gen(function*() {
      const faults = yield* withFaults(Cache, MemoryCache.layer)
      yield* faults.hang("clear")
      yield* Effect.gen(function*() {
        const cache = yield* Cache
        yield* cache.set(texts, "a", "1")
        const clearing = yield* Effect.fork(cache.clear)
        yield* TestClock.adjust("30 minutes")
        assert.isTrue(Option.isNone(yield* Fiber.poll(clearing)))
        assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(clearing)))
        assert.isTrue(Option.isSome(yield* cache.get(texts, "a")))
      }).pipe(Effect.provide(faults.layer))
    }))

  it.scoped("changes what a call gives", () =>
    Effect.gen(function*() {
      const faults = yield* withFaults(Cache, MemoryCache.layer)
      yield* faults.corrupt("get", Option.map((entry) => ({ ...entry, value: `${entry.value}?` })), { times: 1 })
      yield* Effect.gen(function*() {
        const cache = yield* Cache
        yield* cache.set(texts, "a", "1")
        assert.strictEqual(Option.getOrThrow(yield* cache.get(texts, "a")).value, "1?")
        assert.strictEqual(Option.getOrThrow(yield* cache.get(texts, "a")).value, "1")
      }).pipe(Effect.provide(faults.layer))
    }))

  it.scoped("several faults work in the order they were scripted", () =>
    Effect.gen(function*() {
      const faults = yield* withFaults(ProcessLock, MemoryProcessLock.layer)
      yield* faults.delay("tryHold", "10 seconds")
      yield* faults.fail("tryHold", busy)
      yield* Effect.gen(function*() {
        const lock = yield* ProcessLock
        const taking = yield* Effect.fork(Effect.flip(lock.tryHold("a")))
        yield* TestClock.adjust("9 seconds")
        assert.isTrue(Option.isNone(yield* Fiber.poll(taking)))
        yield* TestClock.adjust("1 second")
        assert.strictEqual(yield* Fiber.join(taking), busy)
      }).pipe(Effect.provide(faults.layer))
    }))

  it.scoped("several failures are spent one call each, and a delay goes with the first of them", () =>
    Effect.gen(function*() {
      const faults = yield* withFaults(ProcessLock, MemoryProcessLock.layer)
      const full = new Full({ store: "lock", operation: "test" })
      yield* faults.delay("tryHold", "10 seconds", { times: 1 })
      yield* faults.fail("tryHold", busy, { times: 1 })
      yield* faults.fail("tryHold", full, { times: 1 })
      yield* faults.hang("tryHold", { times: 1 })
      yield* Effect.gen(function*() {
        const lock = yield* ProcessLock
        const taking = yield* Effect.fork(Effect.flip(lock.tryHold("a")))
        yield* TestClock.adjust("9 seconds")
        assert.isTrue(Option.isNone(yield* Fiber.poll(taking)))
        yield* TestClock.adjust("1 second")
        assert.strictEqual(yield* Fiber.join(taking), busy)
        assert.strictEqual(yield* Effect.flip(lock.tryHold("a")), full)
        const hanging = yield* Effect.fork(lock.tryHold("a"))
        yield* TestClock.adjust("1 hour")
        assert.isTrue(Option.isNone(yield* Fiber.poll(hanging)))
        yield* Fiber.interrupt(hanging)
        assert.isTrue(Option.isSome(yield* lock.tryHold("a")))
      }).pipe(Effect.provide(faults.layer))
    }))

  it.scoped("fails the same calls in each run of a seed", () =>
    Effect.gen(function*() {
      const outcomes = Effect.gen(function*() {
        const faults = yield* withFaults(ProcessLock, MemoryProcessLock.layer)
        yield* faults.flaky("withLock", busy, { probability: 0.3, seed: "seven" })
        return yield* Effect.gen(function*() {
          const lock = yield* ProcessLock
          return yield* Effect.forEach(
            Array.from({ length: 100 }),
            () => Effect.map(Effect.either(lock.withLock("a", "1 second")(Effect.void)), Either.isLeft)
          )
        }).pipe(Effect.provide(faults.layer))
      })
      const first = yield* outcomes
      assert.deepStrictEqual(yield* outcomes, first)
      const failed = first.filter((isFailure) => isFailure).length
      assert.isTrue(failed > 15 && failed < 45, `${failed} of 100 failed`)
    }))

  it.scoped("streams fail, change, wait and hang as effects do", () =>
    Effect.gen(function*() {
      const faults = yield* withFaults(Ticker, ticker)
      yield* faults.fail("ticks", "no", { times: 1 })
      yield* faults.corrupt("from", (tick) => tick * 10)
      yield* Effect.gen(function*() {
        const { from, name, ticks } = yield* Ticker
        assert.strictEqual(yield* Effect.flip(Stream.runCollect(ticks)), "no")
        assert.deepStrictEqual([...(yield* Stream.runCollect(ticks))], [1, 2, 3])
        assert.deepStrictEqual([...(yield* Stream.runCollect(from(4)))], [40, 50])
        assert.strictEqual(name, "ticker")
        yield* faults.heal
        yield* faults.delay("ticks", "1 minute", { times: 1 })
        const late = yield* Effect.fork(Stream.runCollect(ticks))
        yield* TestClock.adjust("59 seconds")
        assert.isTrue(Option.isNone(yield* Fiber.poll(late)))
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual([...(yield* Fiber.join(late))], [1, 2, 3])
        yield* faults.hang("ticks")
        const hanging = yield* Effect.fork(Stream.runCollect(ticks))
        yield* TestClock.adjust("1 hour")
        assert.isTrue(Option.isNone(yield* Fiber.poll(hanging)))
        yield* Fiber.interrupt(hanging)
      }).pipe(Effect.provide(faults.layer))
    }))

  it.scoped("logs what was run, with its arguments", () =>
    Effect.gen(function*() {
      const faults = yield* withFaults(Cache, MemoryCache.layer)
      yield* Effect.gen(function*() {
        const cache = yield* Cache
        yield* cache.set(texts, "a", "1")
        void cache.get(texts, "never run")
        yield* cache.clear
      }).pipe(Effect.provide(faults.layer))
      assert.deepStrictEqual(yield* faults.calls, [
        { method: "set", arguments: [texts, "a", "1"] },
        { method: "clear", arguments: [] }
      ])
    }))

  it.scoped("a failing write transaction leaves the statement constructor usable", () =>
    Effect.gen(function*() {
      const faults = yield* withFaults(
        LocalDatabase,
        SqliteLocalDatabase.layer({ filename: ":memory:", migrations: [] })
      )
      const full = new Full({ store: "database", operation: "write" })
      yield* faults.fail("writeTransaction", full, { times: 1 })
      yield* Effect.gen(function*() {
        const { read, sql, writeTransaction } = yield* LocalDatabase
        const create = writeTransaction(sql`CREATE TABLE a (b TEXT)`)
        assert.strictEqual((yield* Effect.flip(create))._tag, "Full")
        yield* create
        assert.deepStrictEqual(yield* read(sql.unsafe("SELECT * FROM a")), [])
      }).pipe(Effect.provide(faults.layer))
    }))
})
