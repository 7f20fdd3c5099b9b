import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber } from "effect"
import * as GroupCommit from "../../../../src/infrastructure/storage/cache/GroupCommit.ts"

const asMany = { concurrency: "unbounded" } as const

const counting = (committed: Array<number>) => (batch: ReadonlyArray<number>) =>
  Effect.sync(() => {
    committed.push(batch.length)
    return batch.map((item) => item * 10)
  })

describe("commits for many", () => {
  it.live("a hundred that ask together are one commit, and each has its own answer", () =>
    Effect.gen(function*() {
      const committed: Array<number> = []
      const ask = GroupCommit.make(counting(committed))
      const items = Array.from({ length: 100 }, (_, index) => index)
      // Not all of them come here in the same step.
      const answers = yield* Effect.forEach(
        items,
        (item) => Effect.zipRight(item % 2 === 0 ? Effect.yieldNow() : Effect.void, ask(item)),
        asMany
      )
      assert.deepStrictEqual(answers, items.map((item) => item * 10))
      assert.deepStrictEqual(committed, [100])
    }))

  it.live("a thousand are a few commits, so that none is long", () =>
    Effect.gen(function*() {
      const committed: Array<number> = []
      const ask = GroupCommit.make(counting(committed))
      yield* Effect.forEach(Array.from({ length: 1000 }, (_, index) => index), ask, asMany)
      assert.deepStrictEqual(committed, [256, 256, 256, 232])
    }))

  it.live("who leaves, the first as well, takes no commit away from the others", () =>
    Effect.gen(function*() {
      const committed: Array<number> = []
      const ask = GroupCommit.make(counting(committed))
      const first = yield* Effect.fork(ask(1))
      const second = yield* Effect.fork(ask(2))
      yield* Effect.yieldNow()
      yield* Fiber.interrupt(first)
      assert.strictEqual(yield* Fiber.join(second), 20)
      assert.strictEqual(yield* ask(3), 30)
      assert.deepStrictEqual(committed, [2, 1])
    }))

  it.live("who asks during a commit is in the next one", () =>
    Effect.gen(function*() {
      const gate = yield* Deferred.make<void>()
      const begun = yield* Deferred.make<void>()
      const committed: Array<ReadonlyArray<number>> = []
      const ask = GroupCommit.make((batch: ReadonlyArray<number>) =>
        Effect.gen(function*() {
          committed.push(batch)
          yield* Deferred.succeed(begun, undefined)
          yield* Deferred.await(gate)
          return batch
        })
      )
      const first = yield* Effect.fork(ask(1))
      yield* Deferred.await(begun)
      const others = yield* Effect.fork(Effect.forEach([2, 3], ask, asMany))
      yield* Effect.yieldNow()
      yield* Deferred.succeed(gate, undefined)
      assert.strictEqual(yield* Fiber.join(first), 1)
      assert.deepStrictEqual(yield* Fiber.join(others), [2, 3])
      assert.deepStrictEqual(committed, [[1], [2, 3]])
    }))

  it.live("a commit that fails fails for all in it, and for nobody after", () =>
    Effect.gen(function*() {
      let count = 0
      const ask = GroupCommit.make((batch: ReadonlyArray<number>) =>
        Effect.suspend(() => count++ === 0 ? Effect.fail("no") : Effect.succeed(batch))
      )
      const exits = yield* Effect.forEach([1, 2], (item) => Effect.exit(ask(item)), asMany)
      assert.deepStrictEqual(exits, [Exit.fail("no"), Exit.fail("no")])
      assert.strictEqual(yield* ask(3), 3)
    }))
})
