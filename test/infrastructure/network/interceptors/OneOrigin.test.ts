import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Redacted, TestClock } from "effect"
import { UserId } from "../../../../src/domain/auth/User.ts"
import { Unavailable } from "../../../../src/domain/network/RemoteFailure.ts"
import type { AccessTokens } from "../../../../src/infrastructure/network/api/AccessTokens.ts"
import * as ApiPolicy from "../../../../src/infrastructure/network/api/ApiPolicy.ts"
import { OriginStates } from "../../../../src/infrastructure/network/api/origin/OriginState.ts"
import * as AdaptiveThrottle from "../../../../src/infrastructure/network/interceptors/AdaptiveThrottle.ts"
import * as AttemptDeadline from "../../../../src/infrastructure/network/interceptors/AttemptDeadline.ts"
import * as Auth from "../../../../src/infrastructure/network/interceptors/Auth.ts"
import * as CircuitBreaker from "../../../../src/infrastructure/network/interceptors/CircuitBreaker.ts"
import * as RateLimit from "../../../../src/infrastructure/network/interceptors/RateLimit.ts"
import * as Redirect from "../../../../src/infrastructure/network/interceptors/Redirect.ts"
import * as Retry from "../../../../src/infrastructure/network/interceptors/Retry.ts"
import * as Wire from "../../../../src/infrastructure/network/interceptors/Wire.ts"
import type { Step } from "../../../../src/testing/ScriptedTransport.ts"
import * as Fused from "../Fused.ts"

const remaining = (left: number): Step => ({
  headers: { "x-ratelimit-remaining": String(left), "x-ratelimit-reset": "3600" }
})

const patient = { total: 30_000 }

/** Tokens that expire, and are renewed by `renewal`, once. */
const tokensBy = <E, R>(renewal: Effect.Effect<unknown, E, R>) =>
  Effect.gen(function*() {
    const context = yield* Effect.context<R>()
    const renewed = yield* renewal.pipe(
      Effect.mapError(() => new Unavailable({})),
      Effect.provide(context),
      Effect.cached
    )
    const state = { expired: false }
    const credentials = {
      principal: UserId.make("ada"),
      generation: 1,
      headers: { authorization: Redacted.make("Bearer token") }
    }
    const tokens: typeof AccessTokens.Service = {
      credentials: () =>
        Effect.suspend(() => state.expired ? Effect.as(renewed, credentials) : Effect.succeed(credentials)),
      rejected: () => Effect.void,
      principal: Effect.succeedNone
    }
    return { state, tokens }
  })

describe("stages of one origin", () => {
  it.scoped("tokens are renewed while those who wait for them hold all that a limit leaves", () =>
    Effect.gen(function*() {
      const plain = Fused.make([RateLimit.make("plain"), Wire.make()], () => ({ latency: "100 millis" }))
      const { state, tokens } = yield* tokensBy(
        Effect.delay(plain.send(HttpClientRequest.post(`${Fused.origin}/token`), patient), "100 millis")
      )
      const auth = yield* Auth.make(tokens, { origin: Fused.origin, limit: "30 seconds" })
      const signed = Fused.make(
        [RateLimit.make("signed"), auth, Wire.make()],
        ({ number }) => number === 1 ? remaining(5) : {}
      )
      yield* signed.send()
      state.expired = true
      const calls = yield* Effect.replicateEffect(Effect.fork(Effect.either(signed.send(undefined, patient))), 5)
      yield* TestClock.adjust("1 second")
      const ends = yield* Effect.forEach(calls, Fiber.join)
      assert.deepStrictEqual(ends.map((end) => end._tag === "Left" ? end.left : end.right.status), [
        200,
        200,
        200,
        200,
        200
      ])
      assert.strictEqual(plain.exchanges.length, 1)
    }).pipe(Effect.provide(Fused.origins)))

  it.effect("a plain request waits for the limit that the signed ones used up, and for other plain ones", () =>
    Effect.gen(function*() {
      const signed = Fused.make([RateLimit.make("signed"), Wire.make()], () => remaining(1))
      const plain = Fused.make([RateLimit.make("plain"), Wire.make()], () => ({ latency: "1 second" }))
      yield* signed.send()
      const first = yield* Effect.fork(plain.send(undefined, patient))
      yield* Effect.yieldNow()
      assert.include(yield* Effect.flip(plain.send(undefined, patient)), { _tag: "Throttled", by: "rate" })
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(first)
      assert.include(yield* Effect.flip(plain.send(undefined, patient)), { _tag: "Throttled", by: "rate" })
      assert.include(yield* Effect.flip(signed.send(undefined, patient)), { _tag: "Throttled", by: "rate" })
      assert.strictEqual(plain.exchanges.length, 1)
    }).pipe(Effect.provide(Fused.origins)))

  it.effect("what the breaker refuses does not count against a limit; what was lost on the way does", () =>
    Effect.gen(function*() {
      let broken = true
      const breaker = CircuitBreaker.make("signed", ApiPolicy.defaults)
      const { exchanges, send } = Fused.make(
        [RateLimit.make("signed"), breaker, Wire.make()],
        ({ number }) => number === 1 ? remaining(50) : broken ? { reset: true } : {}
      )
      const ends = yield* Effect.replicateEffect(Effect.either(send(undefined, patient)), 100)
      const sent = exchanges.length
      assert.isBelow(sent, 21)
      assert.isTrue(ends.slice(sent).every((end) => end._tag === "Left" && end.left._tag === "CircuitOpen"))
      broken = false
      yield* TestClock.adjust("30 seconds")
      yield* Effect.replicateEffect(send(undefined, patient), 51 - sent)
      assert.include(yield* Effect.flip(send(undefined, patient)), { _tag: "Throttled", by: "rate" })
      assert.strictEqual(exchanges.length, 51)
    }).pipe(Effect.provide(Fused.origins)))

  it.effect("another origin that a redirect leads to does not speak for the backend", () =>
    Effect.gen(function*() {
      const elsewhere = "http://cdn.test"
      const { exchanges, send } = Fused.make(
        [AdaptiveThrottle.make(), RateLimit.make("signed"), Redirect.make(yield* OriginStates), Wire.make()],
        ({ number, request }) =>
          request.url.startsWith(elsewhere)
            ? { status: number === 2 ? 503 : 429, headers: { ...remaining(0).headers, "retry-after": "60" } }
            : { status: 302, headers: { location: `${elsewhere}/a.png` } }
      )
      assert.strictEqual((yield* send(undefined, patient)).status, 503)
      for (let call = 0; call < 20; call++) {
        assert.strictEqual((yield* send(undefined, patient)).status, 429)
      }
      const states = yield* OriginStates
      const { rateLimits, throttle } = states.of(Fused.origin)
      assert.isFalse(rateLimits.limitedWithin(0, 1))
      assert.strictEqual(throttle.refusalProbability(0), 0)
      assert.strictEqual(exchanges.length, 42)
    }).pipe(Effect.provide(Fused.origins)))

  it.effect("exchanges that are lost with another origin are no reason to spare the backend", () =>
    Effect.gen(function*() {
      const policy = {
        ...ApiPolicy.defaults,
        retry: { ...ApiPolicy.defaults.retry, base: Duration.minutes(1), cap: Duration.minutes(1) }
      }
      const late: Step = { latency: "1 hour" }
      const lost: ReadonlyArray<Step> = [late, late, { reset: true }, late, { refuse: true }]
      const { exchanges, send } = Fused.make(
        [
          AdaptiveThrottle.make(),
          Retry.make(policy),
          Redirect.make(yield* OriginStates),
          AttemptDeadline.make(policy),
          Wire.make()
        ],
        ({ number, request }) =>
          request.url.startsWith("http://cdn.test")
            ? lost[number % lost.length] ?? {}
            : { status: 302, headers: { location: "http://cdn.test/a.png" } }
      )
      // Most have no time for a second attempt.
      const calls = yield* Effect.forEach(
        Array.from({ length: 60 }, (_, call) => call % 4 === 0 ? 100_000 : 12_000),
        (total) => Effect.fork(Effect.flip(send(undefined, { total })))
      )
      yield* TestClock.adjust("100 seconds")
      for (const call of calls) assert.notInclude(yield* Fiber.join(call), { _tag: "Throttled" })
      const { throttle } = (yield* OriginStates).of(Fused.origin)
      assert.strictEqual(throttle.refusalProbability(100_000), 0)
      assert.isAbove(exchanges.length, 120)
    }).pipe(Effect.provide(Fused.origins)))

  it.effect("a request that was redirected counts against a limit, also when what it led to cannot be reached", () =>
    Effect.gen(function*() {
      const { exchanges, send } = Fused.make(
        [RateLimit.make("signed"), Redirect.make(yield* OriginStates), Wire.make()],
        ({ number, request }) =>
          number === 1
            ? remaining(2)
            : request.url.startsWith("http://cdn.test")
            ? { refuse: true }
            : { status: 302, headers: { location: "http://cdn.test/a.png" } }
      )
      yield* send()
      for (let call = 0; call < 2; call++) {
        assert.include(yield* Effect.flip(send()), { _tag: "TransportFailure", sent: "no" })
      }
      assert.include(yield* Effect.flip(send(undefined, patient)), { _tag: "Throttled", by: "rate" })
      assert.strictEqual(exchanges.length, 5)
    }).pipe(Effect.provide(Fused.origins)))
})
