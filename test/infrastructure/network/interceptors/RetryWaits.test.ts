import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Fiber } from "effect"
import * as ApiPolicy from "../../../../src/infrastructure/network/api/ApiPolicy.ts"
import type { Step } from "../../../../src/testing/ScriptedTransport.ts"
import { EventClock } from "../EventClock.ts"
import * as Loop from "./Loop.ts"

const get = HttpClientRequest.get(`${Loop.url}/things`)
const post = HttpClientRequest.post(`${Loop.url}/things`)

const { deadlines } = ApiPolicy.defaults
const gmt = (millis: number) => new Date(millis).toUTCString()

/** What an answer asks for, and how long that is; `undefined` when it asks for nothing that can be understood. */
const values: ReadonlyArray<readonly [string, (now: number) => string, number | undefined]> = [
  ["1", () => "1", 1000],
  ["a date in 2 s", (now) => gmt(now + 2000), 2000],
  ["garbage", () => "garbage", undefined],
  ["0", () => "0", undefined],
  ["-1", () => "-1", undefined],
  ["1.5", () => "1.5", undefined],
  ["a date that is past", (now) => gmt(now - 60_000), undefined],
  ["3600", () => "3600", 3_600_000]
]

/** One call that fails once with `status` and the header, and then gets what it asked for. */
const asked = (status: number, value: (now: number) => string, total: number) => {
  const clock = new EventClock()
  const start = clock.unsafeCurrentTimeMillis()
  const loop = Loop.scripted(
    ({ number }) => number === 1 ? { status, headers: { "retry-after": value(start) } } : { status: 200 },
    { deadlines: { ...deadlines, total } }
  )
  return loop.call(get).pipe(
    Effect.either,
    Effect.map((result) => ({
      result,
      elapsed: clock.unsafeCurrentTimeMillis() - start,
      sent: loop.exchanges.length,
      gate: loop.origin.notBefore.until(0)
    })),
    Loop.inVirtualTime(clock, total)
  )
}

describe("Retry waits", () => {
  for (const status of [429, 503]) {
    for (const [name, value, wish] of values) {
      it.effect(`${status} with Retry-After ${name}: as long as asked, or a backoff, or an answer at once`, () =>
        Effect.gen(function*() {
          const roomy = yield* asked(status, value, 30_000)
          const tight = yield* asked(status, value, 900)
          if (wish === undefined) {
            const bound = status === 429 ? 1000 : 200
            assert.strictEqual(roomy.sent, 2)
            assert.isAtMost(roomy.elapsed, bound)
            assert.strictEqual(roomy.gate, 0)
            assert.isAtMost(tight.elapsed, bound)
            return
          }
          const fits = wish <= 60_000
          assert.strictEqual(roomy.sent, fits ? 2 : 1)
          assert.isAtLeast(roomy.elapsed, fits ? wish : 0)
          assert.isAtMost(roomy.elapsed, fits ? wish * 1.1 : 0)
          // Nobody else calls either, for at most a minute.
          assert.strictEqual(roomy.gate, Math.min(wish, 60_000))
          // There is no time for it: the answer is handed on at once, header and all.
          assert.strictEqual(tight.sent, 1)
          assert.strictEqual(tight.elapsed, 0)
          const answer = Either.getOrThrow(tight.result)
          assert.strictEqual(answer.status, status)
          assert.property(answer.headers, "retry-after")
        }))
    }
  }

  it.effect("an answer that is final keeps other calls away too", () =>
    Effect.gen(function*() {
      const clock = new EventClock()
      const loop = Loop.scripted(() => ({ status: 503, headers: { "retry-after": "7" } }))
      yield* loop.call(post).pipe(Loop.inVirtualTime(clock))
      assert.strictEqual(loop.exchanges.length, 1)
      assert.strictEqual(loop.origin.notBefore.until(0), 7000)
    }))

  it.effect("a call that comes later waits until then, whatever its method", () =>
    Effect.gen(function*() {
      for (const status of [429, 503]) {
        const loop = Loop.scripted(({ number }) => number === 1 ? { status, headers: { "retry-after": "5" } } : {})
        yield* Effect.gen(function*() {
          const first = yield* Effect.fork(loop.call(get))
          yield* Effect.sleep("1 second")
          yield* loop.call(post)
          yield* Fiber.join(first)
        }).pipe(Loop.inVirtualTime())
        const [started = 0, ...others] = loop.exchanges.map(({ startedAt }) => startedAt)
        assert.strictEqual(others.length, 2)
        assert.isAtLeast(Math.min(...others) - started, 5000)
        assert.isAtMost(Math.max(...others) - started, 5500)
      }
    }))

  it.effect("the backoff is drawn from all of 0 to min(cap, base · 2^n), with the larger base under load", () =>
    Effect.gen(function*() {
      const bounds = [[500, 200], [503, 200], [429, 1000]] as const
      for (const [status, base] of bounds) {
        const seen: Array<Array<number>> = [[], [], []]
        yield* Effect.forEach(Array.from({ length: 40 }, (_, seed) => seed), (seed) =>
          Effect.gen(function*() {
            const loop = Loop.scripted(() => ({ status }), {
              retry: { ...ApiPolicy.defaults.retry, cap: base * 3 },
              deadlines: { ...deadlines, total: "10 minutes" }
            })
            yield* Loop.inVirtualTime(new EventClock(), seed)(loop.call(get))
            loop.exchanges.slice(1).forEach(({ startedAt }, index) =>
              seen[index]?.push(startedAt - (loop.exchanges[index]?.startedAt ?? 0))
            )
          }))
        seen.forEach((waits, retries) => {
          const bound = Math.min(base * 3, base * 2 ** retries)
          assert.strictEqual(waits.length, 40)
          assert.isAtMost(Math.max(...waits), bound)
          assert.isAbove(Math.max(...waits), bound * 0.8)
          assert.isBelow(Math.min(...waits), bound * 0.2)
        })
      }
    }))

  it.effect("a backoff that does not fit into the call ends it at once: with the answer, or a word of the deadline", () =>
    Effect.gen(function*() {
      const late = { base: "1 hour", throttledBase: "1 hour", cap: "1 hour" } as const
      const cases: ReadonlyArray<readonly [Step, string]> = [
        [{ reset: true }, "DeadlineExceeded in backoff of total, sent: maybe"],
        [{ refuse: true }, "DeadlineExceeded in backoff of total, sent: no"],
        [{ status: 429 }, "429"]
      ]
      for (const [step, expected] of cases) {
        const clock = new EventClock()
        const start = clock.unsafeCurrentTimeMillis()
        const loop = Loop.scripted(() => step, { retry: { ...ApiPolicy.defaults.retry, ...late } })
        const end = yield* loop.call(get).pipe(
          Effect.match({
            onFailure: (failure) =>
              failure._tag === "DeadlineExceeded"
                ? `DeadlineExceeded in ${failure.phase} of ${failure.scope}, sent: ${failure.sent}`
                : failure._tag,
            onSuccess: ({ status }) => String(status)
          }),
          Loop.inVirtualTime(clock)
        )
        assert.strictEqual(end, expected)
        assert.strictEqual(clock.unsafeCurrentTimeMillis(), start)
        assert.strictEqual(loop.exchanges.length, 1)
      }
    }))

  it.effect("a limit of time that is reached names its phase and whose limit it was", () =>
    Effect.gen(function*() {
      const phases: ReadonlyArray<readonly [Step, number, object, number]> = [
        [{ connect: "1 hour" }, 1000, { phase: "connect", scope: "attempt", sent: "no" }, 1000],
        [{ never: "head" }, 2000, { phase: "headers", scope: "attempt", sent: "maybe" }, 2000],
        [{ body: "x", never: "body" }, 3000, { phase: "body", scope: "attempt", sent: "maybe" }, 3000]
      ]
      for (const [step, own, expected, after] of phases) {
        const clock = new EventClock()
        const start = clock.unsafeCurrentTimeMillis()
        const attempts = { retry: { ...ApiPolicy.defaults.retry, maxAttempts: 1 } }
        const loop = Loop.scripted(() => step, {
          ...attempts,
          deadlines: { total: "30 seconds", attempt: "15 seconds", connect: own, headers: own, bodyIdle: own }
        })
        const failure = yield* loop.call(get).pipe(Effect.flip, Loop.inVirtualTime(clock))
        assert.deepInclude(failure, { _tag: "DeadlineExceeded", ...expected })
        assert.strictEqual(clock.unsafeCurrentTimeMillis() - start, after)
        const total = Loop.scripted(() => step, { ...attempts, deadlines: { ...deadlines, total: 500 } })
        const whole = yield* total.call(get).pipe(Effect.flip, Loop.inVirtualTime())
        assert.deepInclude(whole, { _tag: "DeadlineExceeded", ...expected, scope: "total" })
      }
    }))

  it.effect("an attempt that took too long is made again, until the whole call takes too long", () =>
    Effect.gen(function*() {
      const clock = new EventClock()
      const start = clock.unsafeCurrentTimeMillis()
      const loop = Loop.scripted(() => ({ never: "head" }))
      const failure = yield* loop.call(get).pipe(Effect.flip, Loop.inVirtualTime(clock))
      assert.strictEqual(failure._tag, "DeadlineExceeded")
      assert.isAtMost(clock.unsafeCurrentTimeMillis() - start, 30_000)
      assert.isAtLeast(loop.exchanges.length, 2)
      const [first, last] = [loop.exchanges.at(0), loop.exchanges.at(-1)]
      assert.isBelow(last?.limits.total ?? 0, first?.limits.total ?? 0)
    }))

  it.effect("an interruption during the backoff ends it at once: no request follows, no timer is left", () =>
    Effect.gen(function*() {
      for (const headers of [{ "retry-after": "10" }, {}]) {
        const clock = new EventClock()
        const loop = Loop.scripted(() => ({ status: 429, headers }), {
          retry: { ...ApiPolicy.defaults.retry, throttledBase: "20 seconds" }
        })
        yield* Effect.gen(function*() {
          const fiber = yield* Effect.fork(loop.call(get))
          // The exchange and the decision about it take no time of the clock, the backoff does.
          while (clock.timers === 0) yield* Effect.yieldNow()
          const interruptedAt = clock.unsafeCurrentTimeMillis()
          yield* Fiber.interrupt(fiber)
          assert.strictEqual(clock.timers, 0)
          assert.strictEqual(clock.unsafeCurrentTimeMillis(), interruptedAt)
          yield* Effect.sleep("1 hour")
          assert.strictEqual(loop.exchanges.length, 1)
          assert.strictEqual(loop.origin.retryBudget.available, 100)
        }).pipe(Loop.inVirtualTime(clock))
      }
    }))

  it.effect("an interruption of an attempt is no failure to repeat", () =>
    Effect.gen(function*() {
      const loop = Loop.scripted(() => ({ latency: "5 seconds" }))
      yield* Effect.gen(function*() {
        const fiber = yield* Effect.fork(loop.call(get))
        yield* Effect.sleep("1 second")
        yield* Fiber.interrupt(fiber)
        yield* Effect.sleep("1 hour")
      }).pipe(Loop.inVirtualTime())
      assert.deepStrictEqual(loop.exchanges.map(({ outcome }) => outcome), ["interrupted"])
    }))

  it.effect("the call keeps its history: what failed, when, after which wait and why it was sent", () =>
    Effect.gen(function*() {
      const steps: ReadonlyArray<Step> = [{ status: 503, latency: 30 }, { reset: true }, { refuse: true }, {
        tls: true
      }]
      const loop = Loop.scripted(({ number }) => steps[number - 1] ?? {})
      const failure = yield* loop.call(get).pipe(Effect.flip, Loop.inVirtualTime())
      assert.strictEqual(failure._tag, "TransportFailure")
      const attempts = loop.calls[0]?.attempts ?? []
      assert.deepStrictEqual(attempts.map(({ cause, number, resendReason }) => [number, cause, resendReason]), [
        [1, "503", undefined],
        [2, "TransportFailure", "retry"],
        [3, "TransportFailure", "retry"],
        [4, "TransportFailure", "retry"]
      ])
      assert.deepInclude(attempts[0], { status: 503, startedAt: 0, duration: 30, delayBefore: 0 })
      attempts.slice(1).forEach((attempt, index) => {
        const before = attempts[index]
        assert.strictEqual(
          attempt.startedAt,
          (before?.startedAt ?? 0) + (before?.duration ?? 0) + attempt.delayBefore
        )
      })
    }))
})
