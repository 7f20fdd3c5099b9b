import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber } from "effect"
import { computeOnce } from "../../../src/domain/operations/ComputeOnce.ts"

/** An effect that waits, and how often it was started. */
const waiting = Effect.gen(function*() {
  const gate = yield* Deferred.make<string, "broken">()
  const counted = { starts: 0 }
  const compute = Effect.suspend(() => {
    counted.starts += 1
    return Deferred.await(gate)
  })
  return { counted, gate, once: yield* computeOnce(compute) }
})

describe("computeOnce", () => {
  it.effect("an interruption of whoever asked first is nobody else's", () =>
    Effect.gen(function*() {
      const { counted, gate, once } = yield* waiting
      const first = yield* Effect.fork(once)
      yield* Effect.yieldNow()
      const second = yield* Effect.fork(once)
      yield* Effect.yieldNow()
      assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(first)))
      yield* Deferred.succeed(gate, "value")
      assert.strictEqual(yield* Fiber.join(second), "value")
      assert.strictEqual(yield* once, "value")
      assert.strictEqual(counted.starts, 1)
    }))

  it.effect("starts nothing before it is asked, and keeps a failure too", () =>
    Effect.gen(function*() {
      const { counted, gate, once } = yield* waiting
      assert.strictEqual(counted.starts, 0)
      yield* Deferred.fail(gate, "broken")
      assert.strictEqual(yield* Effect.flip(once), "broken")
      assert.strictEqual(yield* Effect.flip(once), "broken")
      assert.strictEqual(counted.starts, 1)
    }))
})
