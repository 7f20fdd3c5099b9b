import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer } from "effect"
import { Cache } from "../../src/domain/storage/Cache.ts"
import * as MemoryCache from "../../src/infrastructure/storage/cache/MemoryCache.ts"
import * as MemoryProcessLock from "../../src/infrastructure/storage/local/MemoryProcessLock.ts"
import * as CacheContract from "../../src/testing/contract/CacheContract.ts"
import * as ProcessLockContract from "../../src/testing/contract/ProcessLockContract.ts"
import { notices } from "../../src/testing/vitest.ts"

/** A part of a contract, so that a busy machine gets through it before its patience ends. */
const reads = { name: "Cache", cases: CacheContract.contract.cases.slice(0, 12) }

describe("notices", () => {
  it.effect("finds nothing in a sound adapter, so that what it finds in others is theirs", () =>
    Effect.gen(function*() {
      assert.isFalse(yield* notices(reads, MemoryCache.layer))
      assert.isFalse(yield* notices(ProcessLockContract.contract, MemoryProcessLock.layer))
    }))

  it.effect("finds a wrong answer", () =>
    Effect.gen(function*() {
      const deaf = Effect.map(MemoryCache.make(), (cache) => Cache.of({ ...cache, set: () => Effect.void }))
      assert.isTrue(yield* notices(reads, Layer.scoped(Cache, deaf)))
    }))

  it.effect("says that an adapter cannot be built, instead of finding something in it", () =>
    Effect.gen(function*() {
      const failure = yield* Effect.flip(notices(reads, Layer.fail("typo")))
      assert.strictEqual(failure, "typo")
      const defect = yield* Effect.exit(notices(reads, Layer.die("bug")))
      assert.isTrue(Exit.isFailure(defect))
    }))

  it.effect("does not count what is wrong with a case itself", () =>
    Effect.gen(function*() {
      const contract = { name: "Cache", cases: [{ name: "dies", run: Effect.die("bug") }] }
      assert.isTrue(Exit.isFailure(yield* Effect.exit(notices(contract, MemoryCache.layer))))
    }))
})
