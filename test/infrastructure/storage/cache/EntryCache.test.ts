import { assert, describe, it } from "@effect/vitest"
import { Chunk, Clock, Deferred, Effect, Exit, Fiber, Logger, Option, Stream, TestClock } from "effect"
import type { Tracer } from "effect"
import type { Cache } from "../../../../src/domain/storage/Cache.ts"
import { Busy } from "../../../../src/domain/storage/StorageFailure.ts"
import * as EntryCache from "../../../../src/infrastructure/storage/cache/EntryCache.ts"
import type { EntryStore } from "../../../../src/infrastructure/storage/cache/EntryStore.ts"
import * as MemoryEntryStore from "../../../../src/infrastructure/storage/cache/MemoryEntryStore.ts"
import { settle, slowLoad, texts, textsWith } from "../../../../src/testing/contract/CacheSubject.ts"

type Service = typeof Cache.Service

const valueOf = (cache: Service, key: string) =>
  Effect.map(cache.get(texts, key), (found) => Option.getOrUndefined(found)?.value)

/** Two processes on one store. */
const two = (options?: EntryCache.Options) =>
  Effect.gen(function*() {
    const attach = yield* MemoryEntryStore.makeShared()
    const make = Effect.flatMap(attach, (store) => EntryCache.make(store, options))
    return [yield* make, yield* make] as const
  })

const busy = new Busy({ store: "cache", operation: "test" })

/** Of which every operation fails in its own way. */
const broken = (failure: Effect.Effect<never, Busy>): EntryStore => ({
  generation: failure,
  get: () => failure,
  put: () => failure,
  invalidate: () => failure,
  changes: failure,
  claim: () => failure,
  size: failure
})

const counting = (store: EntryStore) => {
  const counts = { gets: 0, changes: 0 }
  const counted: EntryStore = {
    ...store,
    get: (key) => Effect.suspend(() => Effect.zipRight(Effect.sync(() => counts.gets += 1), store.get(key))),
    changes: Effect.suspend(() => {
      counts.changes += 1
      return store.changes
    })
  }
  return { counted, counts }
}

describe("EntryCache", () => {
  it.scoped("reads from memory what it has set, loaded or read, without asking the store", () =>
    Effect.gen(function*() {
      const { counted, counts } = counting(yield* MemoryEntryStore.make())
      const cache = yield* EntryCache.make(counted)
      yield* cache.set(texts, "a", "1")
      yield* cache.getOrLoad(texts, "b", Effect.succeed("2"))
      const before = counts.gets
      for (const key of ["a", "b", "a"]) yield* valueOf(cache, key)
      assert.strictEqual(counts.gets, before)
      assert.strictEqual(Option.getOrThrow(yield* cache.get(texts, "a")).origin, "memory")
      const fresh = yield* EntryCache.make(counted)
      assert.strictEqual(Option.getOrThrow(yield* fresh.get(texts, "a")).origin, "store")
      assert.strictEqual(Option.getOrThrow(yield* fresh.get(texts, "a")).origin, "memory")
    }))

  it.scoped("strict: sees at once what another process did", () =>
    Effect.gen(function*() {
      const [one, other] = yield* two({ coherence: "strict" })
      yield* one.set(texts, "a", "1", { tags: ["x"] })
      assert.strictEqual(yield* valueOf(other, "a"), "1")
      yield* one.set(texts, "a", "2", { tags: ["x"] })
      assert.strictEqual(yield* valueOf(other, "a"), "2")
      yield* one.removeTag("x")
      assert.isUndefined(yield* valueOf(other, "a"))
    }))

  it.scoped("bounded: sees within 100 milliseconds what another process did, and looks no more often", () =>
    Effect.gen(function*() {
      const store = yield* MemoryEntryStore.makeShared()
      const { counted, counts } = counting(yield* store)
      const [one, other] = [yield* EntryCache.make(yield* store), yield* EntryCache.make(counted)]
      yield* one.set(texts, "a", "1")
      assert.strictEqual(yield* valueOf(other, "a"), "1")
      yield* one.remove(texts, "a")
      yield* TestClock.adjust("99 millis")
      assert.strictEqual(yield* valueOf(other, "a"), "1")
      assert.strictEqual(counts.changes, 1)
      yield* TestClock.adjust("1 millis")
      assert.isUndefined(yield* valueOf(other, "a"))
      assert.strictEqual(counts.changes, 2)
    }))

  it.scoped("nobody joins a load from before what another process has invalidated", () =>
    Effect.gen(function*() {
      const [one, other] = yield* two({ coherence: "strict" })
      const slow = yield* slowLoad
      const waiting = yield* Effect.fork(one.getOrLoad(texts, "a", slow.load))
      yield* slow.began
      yield* other.remove(texts, "a")
      assert.strictEqual((yield* one.getOrLoad(texts, "a", Effect.succeed("new"))).value, "new")
      yield* Deferred.succeed(slow.result, "old")
      assert.strictEqual((yield* Fiber.join(waiting)).value, "old")
      assert.strictEqual(yield* valueOf(one, "a"), "new")
      assert.strictEqual(yield* valueOf(other, "a"), "new")
    }))

  it.scoped("changes tells of what other processes do, though nobody reads", () =>
    Effect.gen(function*() {
      const [one, other] = yield* two()
      const told = yield* Effect.fork(Stream.runCollect(Stream.take(other.changes, 3)))
      yield* settle
      yield* one.set(texts, "a", "1")
      yield* one.remove(texts, "a")
      yield* one.expireTag("x")
      yield* TestClock.adjust("100 millis")
      const tags = Chunk.toReadonlyArray(yield* Fiber.join(told)).map(({ _tag }) => _tag)
      assert.sameMembers(tags, ["Set", "Removed", "TagExpired"])
    }))

  it.scoped("of two processes one loads, and the other takes its value", () =>
    Effect.gen(function*() {
      const [one, other] = yield* two()
      const slow = yield* slowLoad
      const alone = textsWith({ acrossProcesses: true })
      const first = yield* Effect.fork(one.getOrLoad(alone, "a", slow.load))
      yield* slow.began
      const second = yield* Effect.fork(other.getOrLoad(alone, "a", slow.load))
      yield* TestClock.adjust("200 millis")
      yield* Deferred.succeed(slow.result, "1")
      yield* TestClock.adjust("25 millis")
      assert.strictEqual((yield* Fiber.join(first)).origin, "source")
      assert.deepInclude(yield* Fiber.join(second), { value: "1", origin: "store" })
      yield* slow.ran(1)
    }))

  it.scoped("when the load of one process fails, the next one takes over", () =>
    Effect.gen(function*() {
      const [one, other] = yield* two()
      const slow = yield* slowLoad
      const alone = textsWith({ acrossProcesses: true })
      const first = yield* Effect.fork(Effect.flip(one.getOrLoad(alone, "a", slow.load)))
      yield* slow.began
      const second = yield* Effect.fork(other.getOrLoad(alone, "a", Effect.succeed("2")))
      yield* TestClock.adjust("200 millis")
      yield* Deferred.fail(slow.result, "no")
      assert.strictEqual(yield* Fiber.join(first), "no")
      yield* TestClock.adjust("50 millis")
      assert.strictEqual((yield* Fiber.join(second)).value, "2")
    }))

  it.scoped("nobody waits for another process for ever", () =>
    Effect.gen(function*() {
      const store = yield* MemoryEntryStore.make()
      const cache = yield* EntryCache.make({ ...store, claim: () => Effect.succeedNone })
      const patient = textsWith({ acrossProcesses: true, hardTimeout: "1 second" })
      const waiting = yield* Effect.fork(Effect.flip(cache.getOrLoad(patient, "a", Effect.succeed("1"))))
      yield* settle
      yield* TestClock.adjust("1100 millis")
      assert.strictEqual((yield* Fiber.join(waiting))._tag, "LoadTimeout")
      assert.strictEqual(Option.getOrThrow(yield* cache.get(patient, "a")).value, "1")
    }))

  it.scoped("who lost its claim gives its callers what it loaded, and nobody else", () =>
    Effect.gen(function*() {
      const store = yield* MemoryEntryStore.make()
      const cache = yield* EntryCache.make({
        ...store,
        claim: () => Effect.succeedSome({ put: () => Effect.succeedNone })
      })
      const loaded = yield* cache.getOrLoad(textsWith({ acrossProcesses: true }), "a", Effect.succeed("1"))
      assert.strictEqual(loaded.value, "1")
      assert.isUndefined(yield* valueOf(cache, "a"))
    }))

  it.scoped("a fault of the store is a miss, counted, and reaches nobody", () =>
    Effect.gen(function*() {
      for (const failure of [Effect.fail(busy), Effect.die("bug")]) {
        const cache = yield* EntryCache.make(broken(failure), { coherence: "strict" })
        const alone = textsWith({ acrossProcesses: true })
        assert.isUndefined(yield* valueOf(cache, "a"))
        yield* cache.set(texts, "a", "1")
        for (const region of [texts, alone]) {
          assert.strictEqual((yield* cache.getOrLoad(region, "a", Effect.succeed("2"))).value, "2")
        }
        assert.strictEqual((yield* cache.refresh(texts, "a", Effect.succeed("3"))).value, "3")
        assert.isUndefined(yield* valueOf(cache, "a"))
        yield* Effect.all([cache.expire(texts, "a"), cache.remove(texts, "a"), cache.expireTag("x"), cache.clear])
        const { entries, faults } = yield* cache.stats
        assert.strictEqual(entries, 0)
        assert.isAbove(faults, 10)
      }
    }))

  it.scoped("what could not be invalidated in the store is gone from memory", () =>
    Effect.gen(function*() {
      const store = yield* MemoryEntryStore.make()
      let isBroken = false
      const failing = <A, E>(effect: Effect.Effect<A, E>) =>
        Effect.suspend((): Effect.Effect<A, E | Busy> => isBroken ? Effect.fail(busy) : effect)
      const cache = yield* EntryCache.make({
        ...store,
        get: (key) => failing(store.get(key)),
        invalidate: (invalidation) => failing(store.invalidate(invalidation))
      })
      for (
        const invalidate of [cache.remove(texts, "a"), cache.expire(texts, "a"), cache.removeTag("x"), cache.clear]
      ) {
        isBroken = false
        yield* cache.set(texts, "a", "1", { tags: ["x"] })
        isBroken = true
        assert.strictEqual(yield* valueOf(cache, "a"), "1")
        yield* invalidate
        assert.isUndefined(yield* valueOf(cache, "a"))
      }
    }))

  it.scoped("in memory neither a clock that is set back nor a machine that sleeps makes an entry younger", () =>
    Effect.gen(function*() {
      const time = { wall: 1_000_000, monotonic: 0 }
      const real = Clock.make()
      const clock: Clock.Clock = {
        ...real,
        [Clock.ClockTypeId]: Clock.ClockTypeId,
        unsafeCurrentTimeMillis: () => time.wall,
        unsafeCurrentTimeNanos: () => BigInt(time.monotonic) * 1_000_000n
      }
      const cache = yield* EntryCache.make(yield* MemoryEntryStore.make())
      const brief = textsWith({ timeToLive: "10 seconds" })
      const holds = Effect.map(cache.get(brief, "a"), Option.isSome)
      yield* Effect.withClock(
        Effect.gen(function*() {
          yield* cache.set(brief, "a", "1")
          time.wall -= 3_600_000
          time.monotonic += 9999
          assert.isTrue(yield* holds, "the clock was set back")
          time.wall += 1
          time.monotonic += 1
          assert.isFalse(yield* holds, "its time is over")
          yield* cache.set(brief, "a", "2")
          time.wall += 10_000
          assert.isFalse(yield* holds, "the machine slept")
        }),
        clock
      )
    }))

  it.scoped("who joins a load links to its span", () =>
    Effect.gen(function*() {
      const cache = yield* EntryCache.make(yield* MemoryEntryStore.make())
      const slow = yield* slowLoad
      const links: Array<string> = []
      const asked = (name: string) =>
        Effect.gen(function*() {
          const span = yield* Effect.currentSpan
          yield* cache.getOrLoad(texts, "a", slow.load)
          links.push(`${name} ${span.links.map((link) => (link.span as Tracer.Span).name).join()}`)
        }).pipe(Effect.withSpan(name))
      const first = yield* Effect.fork(asked("first"))
      yield* slow.began
      const second = yield* Effect.fork(asked("second"))
      yield* settle
      yield* Deferred.succeed(slow.result, "1")
      yield* Effect.all([Fiber.join(first), Fiber.join(second)])
      assert.sameMembers(links, ["first ", "second cache.load"])
    }))

  it.scoped("a background load that fails is told once, without its key", () =>
    Effect.gen(function*() {
      const seen: Array<string> = []
      const logger = Logger.make(({ annotations, message }) =>
        void seen.push(`${message} ${JSON.stringify([...annotations])}`)
      )
      const cache = yield* EntryCache.make(yield* MemoryEntryStore.make())
      const revalidated = textsWith({ timeToLive: "10 seconds", staleWhileRevalidate: "10 seconds" })
      yield* Effect.gen(function*() {
        yield* cache.set(revalidated, "secret", "1")
        yield* TestClock.adjust("10 seconds")
        for (let times = 0; times < 3; times += 1) {
          yield* cache.getOrLoad(revalidated, "secret", Effect.fail("the secret"))
          yield* settle
        }
      }).pipe(Effect.provide(Logger.replace(Logger.defaultLogger, logger)))
      assert.strictEqual(seen.length, 1)
      assert.notInclude(seen.join(), "secret")
    }))

  it.effect("a load that is under way when the cache closes fails its callers, and leaves nothing behind", () =>
    Effect.gen(function*() {
      const slow = yield* slowLoad
      const exit = yield* Effect.scoped(Effect.gen(function*() {
        const cache = yield* EntryCache.make(yield* MemoryEntryStore.make())
        const waiting = yield* Effect.forkDaemon(cache.getOrLoad(texts, "a", slow.load))
        yield* slow.began
        return waiting
      })).pipe(Effect.flatMap(Fiber.await))
      assert.isTrue(Exit.isInterrupted(exit))
      assert.isTrue(yield* slow.interrupted)
    }))
})
