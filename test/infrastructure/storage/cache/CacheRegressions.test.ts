import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Option, Schema, TestClock } from "effect"
import type { Cache } from "../../../../src/domain/storage/Cache.ts"
import { region } from "../../../../src/domain/storage/CacheSchema.ts"
import * as EntryCache from "../../../../src/infrastructure/storage/cache/EntryCache.ts"
import * as MemoryEntryStore from "../../../../src/infrastructure/storage/cache/MemoryEntryStore.ts"
import { fallback, settle, slowLoad, texts, textsWith } from "../../../../src/testing/contract/CacheSubject.ts"

type Service = typeof Cache.Service

const valueOf = (cache: Service, key: string) =>
  Effect.map(cache.get(texts, key), (found) => Option.getOrUndefined(found)?.value)

const callers = (cache: Service, load: Effect.Effect<string, string>) =>
  Effect.fork(
    Effect.all(Array.from({ length: 1000 }, () => Effect.either(cache.getOrLoad(texts, "a", load))), {
      concurrency: "unbounded"
    })
  )

/** Each of these fails with the library it names, or is reported against it. */
describe("what others get wrong", () => {
  const withFallback = textsWith(fallback)

  const cacheOf = Effect.flatMap(MemoryEntryStore.make(), (store) => EntryCache.make(store))

  it.scoped("FusionCache #535, bentocache, cacheable, effect Cache: an invalidation during a load is lost", () =>
    Effect.gen(function*() {
      const cache = yield* cacheOf
      const slow = yield* slowLoad
      const waiting = yield* Effect.fork(cache.getOrLoad(texts, "a", slow.load))
      yield* slow.began
      yield* cache.expire(texts, "a")
      yield* Deferred.succeed(slow.result, "old")
      yield* Fiber.join(waiting)
      assert.isUndefined(yield* valueOf(cache, "a"))
    }))

  it.scoped("bentocache: 1000 callers of a source that fails call it 1000 times", () =>
    Effect.gen(function*() {
      const cache = yield* cacheOf
      const slow = yield* slowLoad
      const waiting = yield* callers(cache, slow.load)
      yield* slow.began
      yield* settle
      yield* Deferred.fail(slow.result, "no")
      const results = yield* Fiber.join(waiting)
      assert.isTrue(results.every((each) => each._tag === "Left" && each.left === "no"))
      yield* slow.ran(1)
    }))

  it.scoped("effect Cache: interrupting who began a load interrupts 1000 who wait", () =>
    Effect.gen(function*() {
      const cache = yield* cacheOf
      const slow = yield* slowLoad
      const leader = yield* Effect.fork(cache.getOrLoad(texts, "a", slow.load))
      yield* slow.began
      const waiting = yield* callers(cache, slow.load)
      yield* settle
      yield* Fiber.interrupt(leader)
      yield* Deferred.succeed(slow.result, "1")
      const results = yield* Fiber.join(waiting)
      assert.isTrue(results.every((each) => each._tag === "Right" && each.right.value === "1"))
      yield* slow.ran(1)
    }))

  it.scoped("bentocache: what is set in the millisecond of a deleteByTag is lost", () =>
    Effect.gen(function*() {
      const cache = yield* cacheOf
      yield* cache.removeTag("x")
      for (let index = 0; index < 500; index += 1) yield* cache.set(texts, `${index}`, "1", { tags: ["x"] })
      for (let index = 0; index < 500; index += 1) assert.strictEqual(yield* valueOf(cache, `${index}`), "1")
    }))

  it.scoped("bentocache, keyv: a clock that is set back serves the dead, and hides the living of a tag", () =>
    Effect.gen(function*() {
      const store = yield* MemoryEntryStore.make()
      const cache = yield* EntryCache.make(store)
      yield* TestClock.setTime(7_200_000)
      yield* cache.set(texts, "dead", "1", { policy: { timeToLive: "1 second" } })
      yield* cache.removeTag("x")
      yield* TestClock.setTime(3_600_000)
      yield* cache.set(texts, "living", "1", { tags: ["x"] })
      const again = yield* EntryCache.make(store)
      for (const each of [cache, again]) {
        assert.strictEqual(yield* valueOf(each, "living"), "1")
        assert.isUndefined(yield* valueOf(each, "dead"))
      }
    }))

  it.scoped("FusionCache #648: a hard clear is undone by fail-safe, in one of the levels", () =>
    Effect.gen(function*() {
      const store = yield* MemoryEntryStore.make()
      const cache = yield* EntryCache.make(store)
      for (const remove of [cache.clear, cache.remove(withFallback, "a"), cache.removeTag("x")]) {
        yield* cache.set(withFallback, "a", "1", { tags: ["x"] })
        yield* remove
        const again = yield* EntryCache.make(store)
        for (const each of [cache, again]) {
          assert.strictEqual(yield* Effect.flip(each.getOrLoad(withFallback, "a", Effect.fail("no"))), "no")
        }
      }
    }))

  it.scoped("FusionCache #627: a tag expired by one process is expired again by another that reads it later", () =>
    Effect.gen(function*() {
      const attach = yield* MemoryEntryStore.makeShared()
      const open = Effect.flatMap(attach, (store) => EntryCache.make(store, { coherence: "strict" }))
      const [one, other] = [yield* open, yield* open]
      yield* one.expireTag("x")
      yield* one.set(texts, "a", "1", { tags: ["x"] })
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual(yield* valueOf(other, "a"), "1")
      assert.strictEqual(yield* valueOf(one, "a"), "1")
    }))

  it.scoped("FusionCache #553: expiring a tag destroys the copy to fall back on", () =>
    Effect.gen(function*() {
      const store = yield* MemoryEntryStore.make()
      const cache = yield* EntryCache.make(store)
      yield* cache.set(withFallback, "a", "1", { tags: ["x"] })
      yield* cache.expireTag("x")
      const again = yield* EntryCache.make(store)
      const served = yield* again.getOrLoad(withFallback, "a", Effect.fail("no"))
      assert.deepInclude(served, { value: "1", state: "failSafe" })
    }))

  it.scoped("PersistedCache: a value whose schema has changed is an error for ever", () =>
    Effect.gen(function*() {
      const cache = yield* cacheOf
      const numbers = region({ name: texts.name, schema: Schema.Number, policy: texts.policy })
      yield* cache.set(texts, "a", "text")
      assert.strictEqual((yield* cache.getOrLoad(numbers, "a", Effect.succeed(1))).value, 1)
      assert.strictEqual(Option.getOrThrow(yield* cache.get(numbers, "a")).value, 1)
    }))

  it.scoped("bentocache, cache-manager, effect Cache: a load that asks for its own key hangs", () =>
    Effect.gen(function*() {
      const cache = yield* cacheOf
      const inner = Effect.map(cache.getOrLoad(texts, "a", Effect.succeed("1")), ({ value }) => value)
      const error = yield* Effect.flip(cache.getOrLoad(texts, "a", inner))
      assert.strictEqual(error._tag, "CacheReentrancy")
    }))
})
