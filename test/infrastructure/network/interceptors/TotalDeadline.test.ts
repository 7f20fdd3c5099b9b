import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { CallInterceptor } from "../../../../src/infrastructure/network/interceptors/Interceptor.ts"
import * as Loop from "./Loop.ts"

const get = HttpClientRequest.get(`${Loop.url}/things`)

/** A stage that takes its time between the deadline's and the attempts. */
const slowly = (millis: number): CallInterceptor => ({
  stage: "bulkhead",
  around: (next) => (request, call) => Effect.zipRight(Effect.sleep(millis), Effect.suspend(() => next(request, call)))
})

describe("TotalDeadline", () => {
  it.effect("a call has the shortest of the times of the policy, the endpoint and the caller", () =>
    Effect.gen(function*() {
      const cases = [
        [{}, {}, 30_000],
        [{ total: "10 seconds" }, {}, 10_000],
        [{ total: "10 seconds" }, { total: "4 seconds" }, 4000],
        [{ total: "3 seconds" }, { total: "4 seconds" }, 3000],
        [{ total: "2 minutes" }, { total: "1 minute" }, 30_000]
      ] as const
      for (const [endpoint, options, expected] of cases) {
        const loop = Loop.scripted(() => ({}))
        yield* loop.call(get, { endpoint, options }).pipe(Loop.inVirtualTime())
        assert.strictEqual(loop.exchanges[0]?.limits.total, expected)
      }
    }))

  it.effect("what other stages take is gone for the attempt", () =>
    Effect.gen(function*() {
      const loop = Loop.scripted(() => ({}), {}, [slowly(12_000)])
      yield* loop.call(get).pipe(Loop.inVirtualTime())
      assert.deepStrictEqual(loop.exchanges[0]?.limits, {
        attempt: 15_000,
        bodyIdle: 10_000,
        connect: 5000,
        headers: 10_000,
        total: 18_000
      })
    }))

  it.effect("when nothing is left, nothing is sent", () =>
    Effect.gen(function*() {
      const loop = Loop.scripted(() => ({}), {}, [slowly(31_000)])
      const failure = yield* Effect.flip(loop.call(get).pipe(Loop.inVirtualTime()))
      assert.deepInclude(failure, { _tag: "DeadlineExceeded", phase: "queue", scope: "total", sent: "no" })
      assert.strictEqual(loop.exchanges.length, 0)
    }))
})
