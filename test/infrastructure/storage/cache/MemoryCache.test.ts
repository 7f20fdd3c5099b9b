import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, TestClock } from "effect"
import * as MemoryCache from "../../../../src/infrastructure/storage/cache/MemoryCache.ts"
import * as CacheContract from "../../../../src/testing/contract/CacheContract.ts"
import { suite } from "../../../../src/testing/vitest.ts"

suite(CacheContract.contract, "memory", MemoryCache.layer)

describe("MemoryCache", () => {
  it.scoped("what expired goes before what is older, and the oldest before the newest", () =>
    Effect.gen(function*() {
      const cache = yield* MemoryCache.make({ maxEntries: 3 })
      yield* cache.set("old", "1", "1 hour")
      yield* cache.set("expired", "2", "1 second")
      yield* TestClock.adjust("1 minute")
      yield* cache.set("new", "3", "1 hour")
      yield* cache.set("newer", "4", "1 hour")
      assert.strictEqual((yield* cache.stats).entries, 3)
      assert.isTrue(Option.isSome(yield* cache.get("old")))
      yield* cache.set("newest", "5", "1 hour")
      assert.isTrue(Option.isNone(yield* cache.get("old")))
      assert.isTrue(Option.isSome(yield* cache.get("new")))
    }))

  it.scoped("bytes are bounded, and what exceeds the bound alone is not kept", () =>
    Effect.gen(function*() {
      const cache = yield* MemoryCache.make({ maxBytes: 3000 })
      for (const key of ["a", "b", "c", "d"]) yield* cache.set(key, "x".repeat(900), "1 hour")
      assert.strictEqual((yield* cache.stats).entries, 3)
      yield* cache.set("d", "x".repeat(5000), "1 hour")
      assert.isTrue(Option.isNone(yield* cache.get("d")))
      assert.strictEqual((yield* cache.stats).entries, 2)
    }))
})
