import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Either, Exit, FastCheck, Fiber, TestClock } from "effect"
import type { SendCall } from "../../../../src/infrastructure/network/interceptors/Interceptor.ts"
import * as RateLimit from "../../../../src/infrastructure/network/interceptors/RateLimit.ts"
import * as Stages from "../Stages.ts"
import * as Interleavings from "./Interleavings.ts"

/** A fixed window of requests, told in draft 10; each answer takes a while. */
const windowed = (limit: number, seconds: number, latency: Duration.DurationInput = 0) => {
  const counts = { sent: 0, refused: 0, second: [] as Array<number> }
  let endsAt = 0
  let used = 0
  const backend: SendCall = (_, call) =>
    Effect.gen(function*() {
      yield* Effect.sleep(latency)
      const now = call.now()
      if (now >= endsAt) {
        endsAt = now + seconds * 1000
        used = 0
      }
      counts.sent++
      used++
      const second = Math.floor(now / 1000)
      counts.second[second] = (counts.second[second] ?? 0) + 1
      const reset = Math.ceil((endsAt - now) / 1000)
      const headers = {
        ratelimit: `"p";r=${Math.max(0, limit - used)};t=${reset}`,
        "ratelimit-policy": `"p";q=${limit};w=${seconds}`
      }
      if (used <= limit) return Stages.answer(200, headers)
      counts.refused++
      return Stages.answer(429, { ...headers, "retry-after": String(reset) })
    })
  return { backend, counts }
}

const statusOf = (exit: Exit.Exit<{ readonly status: number }, unknown>) => Exit.isSuccess(exit) ? exit.value.status : 0

/** What a backend says once; it is silent afterwards. */
const saying = (status: number, headers: Readonly<Record<string, string>>) => {
  const counts = { sent: 0 }
  const backend: SendCall = () =>
    Effect.sync(() => ++counts.sent === 1 ? Stages.answer(status, headers) : Stages.answer())
  return { backend, counts }
}

/** How long the second call waits after the first was answered so. */
const waitAfter = (status: number, headers: Readonly<Record<string, string>>) =>
  Effect.gen(function*() {
    const { backend } = saying(status, headers)
    const send = Stages.sender(RateLimit.make("signed"), Stages.originOf(), backend)
    yield* send()
    const second = yield* Effect.fork(Effect.timed(send()))
    yield* TestClock.adjust("2 hours")
    return Duration.toMillis((yield* Fiber.join(second))[0])
  })

describe("RateLimit", () => {
  it.effect("sends a hundred calls at once through ten per second without a single refusal", () =>
    Effect.gen(function*() {
      const { backend, counts } = windowed(10, 1, "20 millis")
      const send = Stages.sender(RateLimit.make("signed"), Stages.originOf(), backend)
      const calls = yield* Effect.forEach(Array.from({ length: 100 }), () => Effect.fork(Effect.exit(send())))
      yield* TestClock.adjust("15 seconds")
      const exits = yield* Effect.forEach(calls, Fiber.join)
      assert.isTrue(exits.every((exit) => statusOf(exit) === 200))
      assert.deepStrictEqual(counts.sent, 100)
      assert.strictEqual(counts.refused, 0)
    }))

  it.effect("waits as long as the most restrictive limit says", () =>
    Effect.gen(function*() {
      const both = "\"burst\";r=0;t=1, \"day\";r=0;t=100"
      assert.strictEqual(yield* waitAfter(200, { ratelimit: both }), 100_000)
      assert.strictEqual(yield* waitAfter(200, { ratelimit: "\"burst\";r=0;t=1, \"day\";r=5;t=100" }), 1000)
      assert.strictEqual(yield* waitAfter(200, { ratelimit: "limit=5, remaining=0, reset=3" }), 3000)
      assert.strictEqual(yield* waitAfter(200, { "ratelimit-remaining": "0", "ratelimit-reset": "4" }), 4000)
      assert.strictEqual(yield* waitAfter(200, { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "5" }), 5000)
      assert.strictEqual(yield* waitAfter(200, { ratelimit: "\"p\";r=1;t=100" }), 0)
    }))

  it.effect("takes a limit that leaves something for what it says, also when another one is why it is refused", () =>
    Effect.gen(function*() {
      const burst = "\"burst\";r=0;t=1, \"day\";r=900;t=80000"
      assert.strictEqual(yield* waitAfter(429, { ratelimit: burst }), 1000)
      assert.strictEqual(yield* waitAfter(429, { "x-ratelimit-remaining": "4998", "x-ratelimit-reset": "3300" }), 0)
      assert.strictEqual(yield* waitAfter(429, { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "33" }), 33_000)
    }))

  it.effect("prefers Retry-After, and no header keeps it away for more than an hour", () =>
    Effect.gen(function*() {
      const spent = { ratelimit: "\"p\";r=0;t=100" }
      assert.strictEqual(yield* waitAfter(429, { ...spent, "retry-after": "7" }), 7000)
      assert.strictEqual(yield* waitAfter(503, { "retry-after": "8" }), 8000)
      assert.strictEqual(yield* waitAfter(429, { "retry-after": "3600" }), 60_000)
      assert.strictEqual(yield* waitAfter(200, { ratelimit: "\"p\";r=0;t=999999999" }), 3_600_000)
    }))

  it.effect("does not listen to caches, redirections and what is malformed", () =>
    Effect.gen(function*() {
      const spent = { ratelimit: "\"p\";r=0;t=100" }
      assert.strictEqual(yield* waitAfter(200, { ...spent, age: "3" }), 0)
      assert.strictEqual(yield* waitAfter(200, { ...spent, age: "0" }), 100_000)
      assert.strictEqual(yield* waitAfter(302, spent), 0)
      assert.strictEqual(yield* waitAfter(304, spent), 0)
      assert.strictEqual(yield* waitAfter(200, { ratelimit: "\"p\";r=zero;t=100" }), 0)
      assert.strictEqual(yield* waitAfter(429, { "retry-after": "soon" }), 0)
      assert.strictEqual(yield* waitAfter(404, { "retry-after": "100" }), 0)
    }))

  it.effect("keeps all calls of the origin away for as long as one answer asks", () =>
    Effect.gen(function*() {
      const { backend, counts } = saying(503, { "retry-after": "5" })
      const send = Stages.sender(RateLimit.make("signed"), Stages.originOf(), backend)
      yield* send()
      const calls = yield* Effect.forEach(Array.from({ length: 6 }), () => Effect.fork(send()))
      yield* TestClock.adjust("4999 millis")
      assert.strictEqual(counts.sent, 1)
      yield* TestClock.adjust("1 millis")
      yield* Effect.forEach(calls, Fiber.join)
      assert.strictEqual(counts.sent, 7)
    }))

  it.effect("fails at once when the wait is longer than the call has time, and says how long it is", () =>
    Effect.gen(function*() {
      const { backend, counts } = saying(429, { "retry-after": "40" })
      const send = Stages.sender(RateLimit.make("signed"), Stages.originOf(), backend)
      yield* send()
      const failure = yield* Effect.flip(send({ total: 30_000 }))
      assert.include(failure, { _tag: "Throttled", by: "rate", outcome: "not-sent" })
      assert.strictEqual(Stages.retryAfterOf(failure), 40_000)
      assert.strictEqual(counts.sent, 1)
    }))

  it.effect("counts those before it in what it predicts", () =>
    Effect.gen(function*() {
      const { backend } = windowed(10, 1)
      const send = Stages.sender(RateLimit.make("signed"), Stages.originOf(), backend)
      const calls = yield* Effect.forEach(Array.from({ length: 60 }), () => Effect.fork(Effect.exit(send())))
      yield* TestClock.adjust("10 millis")
      const failure = yield* Effect.flip(send({ total: 2000 }))
      assert.isAtLeast(Stages.retryAfterOf(failure) ?? 0, 4000)
      yield* TestClock.adjust("1 minute")
      assert.isTrue((yield* Effect.forEach(calls, Fiber.join)).every((exit) => statusOf(exit) === 200))
    }))

  it.effect("keeps as many waiting as it may, by priority and then by arrival, and refuses the next", () =>
    Effect.gen(function*() {
      const begun: Array<string> = []
      const origin = Stages.originOf({ rateLimit: { local: { limit: 1, window: "1 second" }, queue: 6 } })
      const send = Stages.sender(RateLimit.make("signed"), origin, (_, call) =>
        Effect.sync(() => {
          begun.push(call.options.idempotencyKey ?? "")
          return Stages.answer()
        }))
      yield* Stages.arriving(send)
      assert.include(yield* Effect.flip(send()), { _tag: "Throttled", by: "rate" })
      yield* TestClock.adjust("3 seconds")
      assert.deepStrictEqual(begun, ["first", "high 1", "high 2", "normal 1"])
      yield* TestClock.adjust("3 seconds")
      assert.deepStrictEqual(begun.slice(4), ["normal 2", "low 1", "low 2"])
    }))

  it.effect("leaves no timer and sends nothing after an interruption in the line, whose others move up", () =>
    Effect.gen(function*() {
      const { backend, counts } = saying(503, { "retry-after": "5" })
      const origin = Stages.originOf()
      const send = Stages.sender(RateLimit.make("signed"), origin, backend)
      yield* send()
      const [fiber, asleep] = yield* Stages.countingSleeps(Effect.gen(function*() {
        const waiting = yield* Effect.fork(send({ total: 30_000 }))
        yield* Stages.settle
        return waiting
      }))
      assert.strictEqual(asleep(), 1)
      assert.strictEqual(origin.rateLimits.waiting, 1)
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(asleep(), 0)
      assert.strictEqual(origin.rateLimits.waiting, 0)
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(counts.sent, 1)
    }))

  it.effect("sends few before the first answer says whether there is a limit, for a second at most", () =>
    Effect.gen(function*() {
      let sent = 0
      const send = Stages.sender(
        RateLimit.make("signed"),
        Stages.originOf(),
        () => Effect.zipRight(Effect.sync(() => sent++), Effect.never)
      )
      const calls = yield* Effect.forEach(Array.from({ length: 40 }), () => Effect.fork(send()))
      yield* TestClock.adjust("999 millis")
      assert.strictEqual(sent, 8)
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(sent, 40)
      yield* Fiber.interruptAll(calls)
    }))

  it.effect("sends few for a second at most, also when a limit is over while many are under way", () =>
    Effect.gen(function*() {
      let sent = 0
      const backend: SendCall = () =>
        Effect.suspend(() => {
          sent++
          if (sent === 1) {
            return Effect.succeed(Stages.answer(200, { "x-ratelimit-remaining": "50", "x-ratelimit-reset": "2" }))
          }
          return Effect.delay(Effect.sync(() => Stages.answer()), sent <= 9 ? "14 seconds" : 0)
        })
      const send = Stages.sender(RateLimit.make("signed"), Stages.originOf(), backend)
      yield* send()
      const slow = yield* Effect.replicateEffect(Effect.fork(send()), 8)
      yield* TestClock.adjust("3 seconds")
      const late = yield* Effect.fork(Effect.timed(send()))
      yield* TestClock.adjust("20 seconds")
      assert.isAtMost(Duration.toMillis((yield* Fiber.join(late))[0]), 1000)
      yield* Fiber.joinAll(slow)
    }))

  it.effect("does not count what was interrupted, failed or broke against those who wait", () =>
    Effect.gen(function*() {
      const origin = Stages.originOf()
      const ways = [Effect.never, Effect.die("broken"), Effect.fail("failure" as never)]
      for (const way of ways) {
        for (let call = 0; call < 20; call++) {
          const fiber = yield* Effect.fork(Stages.sender(RateLimit.make("signed"), origin, () => way)())
          yield* Stages.settle
          yield* Fiber.interrupt(fiber)
        }
      }
      const send = Stages.sender(RateLimit.make("signed"), origin, () => Effect.succeed(Stages.answer()))
      assert.isTrue(Either.isRight(yield* Effect.either(send({ total: 1 }))))
    }))

  it("loses no place in 500 interleavings of calls that break and interruptions", async () => {
    const step = FastCheck.record(Interleavings.moments)
    const interrupted = await Interleavings.run(step, { minLength: 10, maxLength: 20 }, 500, () => {
      const origin = Stages.originOf()
      return {
        call: ({ works }) => {
          // Without an answer no more than eight go out at once.
          const breaking: SendCall = () => Effect.zipRight(Interleavings.turns(works), Effect.die("broken"))
          return Stages.sender(RateLimit.make("signed"), origin, breaking)()
        },
        afterwards: () => {
          assert.strictEqual(origin.rateLimits.inFlight, 0)
          assert.strictEqual(origin.rateLimits.waiting, 0)
        }
      }
    })
    assert.isAbove(interrupted, 500)
  })

  it.effect("knows for a while that an answer said 429", () =>
    Effect.gen(function*() {
      const origin = Stages.originOf()
      yield* Stages.sender(RateLimit.make("signed"), origin, () => Effect.sync(() => Stages.answer(429)))()
      assert.isTrue(origin.rateLimits.limitedWithin(9999, 10_000))
      assert.isFalse(origin.rateLimits.limitedWithin(10_000, 10_000))
    }))
})
