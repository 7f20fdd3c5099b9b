import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import { Array, Clock, Duration, Effect, Fiber, Stream } from "effect"
import * as ApiPolicy from "../../../../src/infrastructure/network/api/ApiPolicy.ts"
import type { EndpointPolicy } from "../../../../src/infrastructure/network/api/ApiPolicy.ts"
import { BufferedResponse } from "../../../../src/infrastructure/network/api/transport/BufferedResponse.ts"
import * as Hedge from "../../../../src/infrastructure/network/interceptors/Hedge.ts"
import type { Script, Step } from "../../../../src/testing/ScriptedTransport.ts"
import { EventClock } from "../EventClock.ts"
import * as Loop from "./Loop.ts"

const get = HttpClientRequest.get(`${Loop.url}/things`)

/** Every call may be hedged. */
const generous = { hedge: { ...ApiPolicy.defaults.hedge, share: 1 } }
const after100 = { endpoint: { hedge: "100 millis" } } as const

const calls = 400

/** `calls` calls, one every 50 ms: how long the slowest but 1 % took, and how many requests there were beyond one each. */
const traffic = (endpoint: EndpointPolicy, latency: (number: number) => number) => {
  const clock = new EventClock()
  let sent = 0
  const loop = Loop.over({
    exchange: (request) =>
      Effect.suspend(() =>
        Effect.as(Effect.sleep(latency(++sent)), new BufferedResponse(request, 200, {}, new Uint8Array()))
      )
  })
  const latencies: Array<number> = []
  const call = Effect.suspend(() => {
    const start = clock.unsafeCurrentTimeMillis()
    return Effect.ensuring(
      Effect.ignore(loop.call(get, { endpoint })),
      Effect.sync(() => latencies.push(clock.unsafeCurrentTimeMillis() - start))
    )
  })
  return Effect.gen(function*() {
    const fibers = yield* Effect.replicateEffect(Effect.zipLeft(Effect.fork(call), Effect.sleep("50 millis")), calls)
    yield* Fiber.joinAll(fibers)
    latencies.sort((one, other) => one - other)
    return { p99: latencies[Math.floor(calls * 0.99)] ?? 0, extra: sent / calls - 1 }
  }).pipe(Loop.inVirtualTime(clock))
}

/** What came of one call: its answer's status, the requests that it took, and how long. */
const one = (
  script: Script,
  about = after100 as Parameters<ReturnType<typeof Loop.scripted>["call"]>[1],
  request = get
) => {
  const clock = new EventClock()
  const start = clock.unsafeCurrentTimeMillis()
  const loop = Loop.scripted(script, generous)
  return loop.call(request, about).pipe(
    Effect.match({ onFailure: ({ _tag }) => _tag, onSuccess: ({ status }) => String(status) }),
    Effect.map((result) => ({
      result,
      outcomes: loop.exchanges.map(({ outcome }) => outcome),
      startedAt: loop.exchanges.map(({ startedAt }) => startedAt - start),
      elapsed: clock.unsafeCurrentTimeMillis() - start,
      timers: clock.timers,
      loop
    })),
    Loop.inVirtualTime(clock)
  )
}

const steps = (...all: ReadonlyArray<Step>): Script => ({ number }) => all[number - 1] ?? { status: 299 }

/** One in eighty answers is slow. */
const oneSlow = (number: number) => number % 80 === 50 ? 2000 : 10 + number % 7

const allSlowLater = (number: number) => number > 100 ? 3000 : 10

describe("Hedge", () => {
  it.effect("with 1 % slow answers p99 is at most half of what it is without, for at most 5 % more requests", () =>
    Effect.gen(function*() {
      const without = yield* traffic({}, oneSlow)
      assert.strictEqual(without.p99, 2000)
      for (const hedge of ["p95", "100 millis"] as const) {
        const { extra, p99 } = yield* traffic({ hedge }, oneSlow)
        assert.isAtMost(p99, without.p99 / 2)
        assert.isAtMost(extra, 0.05)
        assert.isAbove(extra, 0.01)
      }
    }))

  it.effect("when all answers become slow at once there are at most 5 % more requests", () =>
    Effect.gen(function*() {
      for (const hedge of ["p95", "100 millis"] as const) {
        const { extra } = yield* traffic({ hedge }, allSlowLater)
        assert.isAtMost(extra, 0.05)
        assert.isAbove(extra, 0)
      }
    }))

  it.effect("the second request goes out after the delay; the first answer wins, the loser is interrupted", () =>
    Effect.gen(function*() {
      const second = yield* one(steps({ latency: 1000 }, { latency: 30, status: 202 }))
      assert.deepInclude(second, { result: "202", elapsed: 130, startedAt: [0, 100], timers: 0 })
      assert.deepStrictEqual(second.outcomes, ["interrupted", "answered"])
      const first = yield* one(steps({ latency: 120, status: 201 }, { latency: 1000 }))
      assert.deepInclude(first, { result: "201", elapsed: 120, startedAt: [0, 100], timers: 0 })
      assert.deepStrictEqual(first.outcomes, ["answered", "interrupted"])
      const quick = yield* one(steps({ latency: 99 }))
      assert.deepInclude(quick, { result: "200", elapsed: 99, startedAt: [0], timers: 0 })
    }))

  it.effect("a first request that fails starts the second at once, and nothing is tried after that", () =>
    Effect.gen(function*() {
      for (const failing of [{ reset: true }, { refuse: true }, { status: 500 }, { status: 503 }]) {
        const saved = yield* one(steps({ latency: 10, ...failing }, { status: 202 }))
        assert.deepInclude(saved, { result: "202", startedAt: [0, "refuse" in failing ? 0 : 10] })
        const lost = yield* one(() => failing)
        assert.strictEqual(lost.startedAt.length, 2)
        assert.strictEqual(lost.result, "status" in failing ? String(failing.status) : "TransportFailure")
      }
    }))

  it.effect("a second request that fails leaves the word to the first", () =>
    Effect.gen(function*() {
      for (const failing of [{ reset: true }, { status: 503 }]) {
        const { elapsed, result, startedAt } = yield* one(steps({ latency: 500, status: 201 }, failing))
        assert.deepStrictEqual([result, elapsed, startedAt], ["201", 500, [0, 100]])
      }
    }))

  it.effect("a second request that is refused here leaves the word to the first, and costs nothing", () =>
    Effect.gen(function*() {
      const clock = new EventClock()
      const spent = { "x-ratelimit-remaining": "1", "x-ratelimit-reset": "3600" }
      const loop = Loop.scripted(steps({ headers: spent }, { status: 204, latency: "1 second" }), generous)
      yield* Effect.gen(function*() {
        yield* loop.call(get)
        loop.origin.retryBudget.take(50, 0)
        assert.strictEqual((yield* loop.call(get, { ...after100, options: { total: "10 seconds" } })).status, 204)
      }).pipe(Loop.inVirtualTime(clock))
      assert.strictEqual(loop.exchanges.length, 2)
      assert.strictEqual(loop.origin.retryBudget.available, 51)
    }))

  it.effect("an answer that another request would not change wins at once, from either of the two", () =>
    Effect.gen(function*() {
      for (const status of [400, 404, 409, 501]) {
        const first = yield* one(steps({ status, latency: 10 }))
        assert.deepInclude(first, { result: String(status), elapsed: 10, startedAt: [0] })
        const second = yield* one(steps({ latency: 5000 }, { status, latency: 10 }))
        assert.deepInclude(second, { result: String(status), elapsed: 110, startedAt: [0, 100] })
      }
      const tls = yield* one(() => ({ tls: true }))
      assert.deepInclude(tls, { result: "TransportFailure", startedAt: [0] })
    }))

  it.effect("retries and hedges exclude each other: an endpoint has one of them", () =>
    Effect.gen(function*() {
      const dead = yield* one(() => ({ status: 503 }))
      assert.strictEqual(dead.outcomes.length, 2)
      const retried = yield* one(() => ({ status: 503 }), {})
      assert.strictEqual(retried.outcomes.length, 4)
    }))

  it.effect("nothing unsafe, and no stream that can be read once, goes out twice", () =>
    Effect.gen(function*() {
      for (const method of ["POST", "PUT", "PATCH", "DELETE"] as const) {
        for (const step of [{ latency: 5000 }, { status: 503 }]) {
          const { outcomes } = yield* one(() => step, after100, HttpClientRequest.make(method)(`${Loop.url}/things`))
          assert.strictEqual(outcomes.length, 1)
        }
      }
      const streaming = HttpClientRequest.setBody(get, HttpBody.stream(Stream.make(new Uint8Array(1))))
      assert.strictEqual((yield* one(() => ({ latency: 5000 }), after100, streaming)).outcomes.length, 1)
    }))

  it.effect("p95 needs 20 answers of the endpoint, and is at least the smallest delay", () =>
    Effect.gen(function*() {
      const loop = Loop.scripted(({ number }) => ({ latency: number < 40 ? 2 : 1000 }), generous)
      yield* Effect.gen(function*() {
        const call = loop.call(get, { endpoint: { hedge: "p95" } })
        yield* Effect.replicateEffect(call, 39)
        assert.strictEqual(loop.exchanges.length, 39)
        yield* call
        const [first, second] = loop.exchanges.slice(39)
        assert.strictEqual((second?.startedAt ?? 0) - (first?.startedAt ?? 0), 50)
      }).pipe(Loop.inVirtualTime())
      const fresh = yield* one(() => ({ latency: 1000 }), { endpoint: { hedge: "p95" } })
      assert.strictEqual(fresh.outcomes.length, 1)
    }))

  it.effect("an origin that is not well gets nothing twice", () =>
    Effect.gen(function*() {
      const illnesses: ReadonlyArray<(loop: ReturnType<typeof Loop.scripted>, now: number) => void> = [
        ({ origin }, now) => origin.breaker.isolate(now),
        ({ origin }, now) => void Array.range(1, 30).forEach(() => origin.throttle.refuse(now)),
        ({ origin }, now) =>
          origin.rateLimits.observe(0, { status: 429, retryAfter: undefined, observations: [] }, now),
        ({ origin }, now) => void Array.range(1, 20).forEach(() => origin.retryBudget.take(5, now))
      ]
      for (const illness of [undefined, ...illnesses]) {
        const clock = new EventClock()
        const loop = Loop.scripted(() => ({ latency: 1000 }), generous)
        yield* Effect.gen(function*() {
          yield* Effect.sleep("1 second")
          illness?.(loop, 1000)
          yield* loop.call(get, after100)
        }).pipe(Loop.inVirtualTime(clock))
        assert.strictEqual(loop.exchanges.length, illness === undefined ? 2 : 1)
      }
    }))

  it.effect("for ten seconds after a 429 nothing goes out twice", () =>
    Effect.gen(function*() {
      const loop = Loop.scripted(({ number }) => number === 1 ? { status: 429 } : { latency: 1000 }, generous)
      yield* Effect.gen(function*() {
        yield* loop.call(get, after100)
        assert.strictEqual(loop.exchanges.length, 1)
        yield* Effect.sleep("9 seconds")
        yield* loop.call(get, after100)
        assert.strictEqual(loop.exchanges.length, 2)
        yield* loop.call(get, after100)
        assert.strictEqual(loop.exchanges.length, 4)
      }).pipe(Loop.inVirtualTime())
    }))

  it.effect("only answers that are no failure fill the budget and say how long answers take", () =>
    Effect.gen(function*() {
      for (const status of [408, 425, 429]) {
        const loop = Loop.scripted(() => ({ status, latency: 1000 }))
        loop.origin.retryBudget.take(loop.origin.retryBudget.available, 0)
        yield* Effect.gen(function*() {
          yield* Effect.replicateEffect(loop.call(get, { endpoint: { hedge: "1 hour" } }), 50)
          const now = yield* Clock.currentTimeMillis
          assert.isUndefined(loop.origin.latencies.percentile("GET /things", 0.95, 1, now))
        }).pipe(Loop.inVirtualTime())
        assert.strictEqual(loop.origin.retryBudget.available, 0)
      }
    }))

  it.effect("a hedge that was let through without payment gives back no more than a call without one", () =>
    Effect.gen(function*() {
      const loop = Loop.scripted(steps({ latency: 1000 }, { latency: 30 }), generous)
      loop.origin.retryBudget.take(loop.origin.retryBudget.available, Number.NEGATIVE_INFINITY)
      yield* loop.call(get, after100).pipe(Loop.inVirtualTime())
      assert.strictEqual(loop.exchanges.length, 2)
      assert.strictEqual(loop.origin.retryBudget.available, 1)
    }))

  it.effect("an interruption ends both requests and leaves no timer", () =>
    Effect.gen(function*() {
      for (const at of ["50 millis", "150 millis"] as const) {
        const clock = new EventClock()
        const loop = Loop.scripted(() => ({ latency: "1 hour" }), {
          ...generous,
          deadlines: {
            total: "2 hours",
            attempt: "2 hours",
            connect: "2 hours",
            headers: "2 hours",
            bodyIdle: "2 hours"
          }
        })
        yield* Effect.gen(function*() {
          const fiber = yield* Effect.fork(loop.call(get, after100))
          yield* Effect.sleep(at)
          yield* Fiber.interrupt(fiber)
          assert.strictEqual(clock.timers, 0)
        }).pipe(Loop.inVirtualTime(clock))
        const expected = Duration.toMillis(at) < 100 ? 1 : 2
        assert.deepStrictEqual(
          loop.exchanges.map(({ outcome }) => outcome),
          Array.replicate("interrupted" as const, expected)
        )
      }
    }))

  it("says which endpoints cannot be hedged", () => {
    const endpoints = { "GET /a": { hedge: "p95" }, "POST /b": { hedge: "p95" }, "PUT /c": {} } as const
    assert.deepStrictEqual(Hedge.problems({ ...ApiPolicy.defaults, endpoints }), [
      "endpoints[\"POST /b\"].hedge: only safe methods can be sent twice"
    ])
  })
})
