import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as ApiPolicy from "../../../../src/infrastructure/network/api/ApiPolicy.ts"
import { RetryBudget } from "../../../../src/infrastructure/network/api/origin/RetryBudget.ts"
import { EventClock } from "../EventClock.ts"
import * as Loop from "./Loop.ts"

const get = HttpClientRequest.get(`${Loop.url}/things`)

/** `count` calls to a server that is not there, `width` at a time. Tells how often one was tried on the wire, per call. */
const amplification = (count: number, width: number) => {
  const loop = Loop.scripted(() => ({ refuse: true }))
  return Effect.replicateEffect(Effect.ignore(loop.call(get)), count, { concurrency: width, discard: true }).pipe(
    Effect.map(() => loop.exchanges.length / count),
    Loop.inVirtualTime()
  )
}

describe("Retry budget", () => {
  it.effect("1,000 calls to a dead server are at most 1.10 times as many on the wire", () =>
    Effect.gen(function*() {
      for (const width of [8, 1000]) assert.isAtMost(yield* amplification(1000, width), 1.1)
    }))

  it.effect("100 calls to a dead server are at most 1.25 times as many on the wire", () =>
    Effect.gen(function*() {
      for (const width of [1, 8, 100]) {
        const times = yield* amplification(100, width)
        assert.isAtMost(times, 1.25)
        assert.isAtLeast(times, 1.2)
      }
    }))

  it.effect("after a total outage every call succeeds, and retries are paid for again", () =>
    Effect.gen(function*() {
      const clock = new EventClock()
      const start = clock.unsafeCurrentTimeMillis()
      const since = () => clock.unsafeCurrentTimeMillis() - start
      const outage = 60_000
      // From then on every tenth request fails.
      const loop = Loop.scripted(({ number }) =>
        since() < outage ? { refuse: true } : { status: number % 10 ? 200 : 500 }
      )
      const failed: Array<number> = []
      const call = Effect.matchEffect(loop.call(get), {
        onFailure: () => Effect.sync(() => failed.push(since())),
        onSuccess: ({ status }) => Effect.sync(() => status === 200 || failed.push(since()))
      })
      yield* Effect.gen(function*() {
        while (since() < outage) {
          yield* call
          yield* Effect.sleep("100 millis")
        }
        assert.isBelow(loop.origin.retryBudget.available, 5)
        yield* Effect.repeatN(Effect.zipRight(call, Effect.sleep("100 millis")), 1000)
      }).pipe(Loop.inVirtualTime(clock))
      // The five seconds that a breaker would have kept everybody away.
      assert.deepStrictEqual(failed.filter((at) => at > outage + 5000), [])
      assert.isAbove(loop.origin.retryBudget.available, 90)
    }))

  it("lets one through per 10 seconds when it is empty", () => {
    const budget = new RetryBudget(ApiPolicy.defaults.budget)
    for (let at = 0; at < 10; at++) assert.strictEqual(budget.take(10, at), 10)
    assert.isUndefined(budget.take(5, 100))
    assert.strictEqual(budget.take(5, 10_009), 0)
    assert.isUndefined(budget.take(5, 20_008))
    assert.strictEqual(budget.take(5, 20_009), 0)
  })

  it("gets back what a success cost, 1 for a first one, and never holds more than it can", () => {
    const budget = new RetryBudget(ApiPolicy.defaults.budget)
    assert.strictEqual(budget.take(10, 0), 10)
    assert.strictEqual(budget.take(5, 0), 5)
    budget.succeeded()
    assert.strictEqual(budget.available, 86)
    budget.succeeded(5)
    assert.strictEqual(budget.available, 91)
    budget.succeeded(10)
    assert.strictEqual(budget.available, 100)
  })
})
