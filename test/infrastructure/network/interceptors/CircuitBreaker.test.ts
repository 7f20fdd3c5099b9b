import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, TestClock } from "effect"
import { DeadlineExceeded, TransportFailure } from "../../../../src/infrastructure/network/api/ApiError.ts"
import { defaults } from "../../../../src/infrastructure/network/api/ApiPolicy.ts"
import type { OriginState } from "../../../../src/infrastructure/network/api/origin/OriginState.ts"
import * as CircuitBreaker from "../../../../src/infrastructure/network/interceptors/CircuitBreaker.ts"
import type { SendCall } from "../../../../src/infrastructure/network/interceptors/Interceptor.ts"
import * as Stages from "../Stages.ts"

const through = (origin: OriginState, backend: SendCall) =>
  Stages.sender(CircuitBreaker.make("signed", defaults), origin, backend)

const status = (code: number, headers?: Readonly<Record<string, string>>): SendCall => () =>
  Effect.sync(() => Stages.answer(code, headers))

const late = (scope: "attempt" | "total") => () => new DeadlineExceeded({ phase: "headers", scope, sent: "maybe" })

/** What waited for one of our own connections. */
const queued = () => new DeadlineExceeded({ phase: "queue", scope: "attempt", sent: "no" })

const times = <A, E>(count: number, send: () => Effect.Effect<A, E>) =>
  Effect.forEach(Array.from({ length: count }), () => Effect.exit(send()))

const now = Effect.clockWith((clock) => Effect.map(clock.currentTimeMillis, (millis) => millis))

const stateOf = ({ breaker }: OriginState) => Effect.map(now, (millis) => breaker.state(millis))

const tripped = (headers?: Readonly<Record<string, string>>) =>
  Effect.gen(function*() {
    const origin = Stages.originOf()
    yield* times(10, through(origin, status(503, headers)))
    assert.strictEqual(yield* stateOf(origin), "open")
    return origin
  })

describe("CircuitBreaker", () => {
  it.effect("judges answers and failures as the specification says", () =>
    Effect.gen(function*() {
      const after = (backend: SendCall) =>
        Effect.gen(function*() {
          const origin = Stages.originOf()
          yield* times(10, through(origin, backend))
          return yield* stateOf(origin)
        })
      for (const code of [408, 500, 502, 503, 504]) assert.strictEqual(yield* after(status(code)), "open", `${code}`)
      for (const code of [200, 204, 304, 400, 401, 403, 404, 409, 422, 429, 501, 505, 520]) {
        assert.strictEqual(yield* after(status(code)), "closed", `${code}`)
      }
      assert.strictEqual(yield* after(() => new TransportFailure({ reason: "refused", sent: "no" })), "open")
      assert.strictEqual(yield* after(() => new TransportFailure({ reason: "reset", sent: "maybe" })), "open")
      assert.strictEqual(yield* after(() => new TransportFailure({ reason: "invalid_request", sent: "no" })), "closed")
      assert.strictEqual(yield* after(late("attempt")), "open")
      assert.strictEqual(yield* after(late("total")), "closed")
      assert.strictEqual(yield* after(queued), "closed")
      const patient: SendCall = () => Effect.zipRight(TestClock.adjust("1 second"), late("total")())
      assert.strictEqual(yield* after(patient), "open")
      assert.strictEqual(yield* after(() => Effect.die("a defect")), "closed")
    }))

  it.effect("counts 52x as failures where gateways are known to send them", () =>
    Effect.gen(function*() {
      const origin = Stages.originOf()
      const stage = CircuitBreaker.make("signed", { ...defaults, retry: { ...defaults.retry, gateway52x: true } })
      yield* times(10, Stages.sender(stage, origin, status(522)))
      assert.strictEqual(yield* stateOf(origin), "open")
    }))

  it.effect("sends nothing while it is open, and says until when", () =>
    Effect.gen(function*() {
      const origin = yield* tripped()
      let sent = 0
      const send = through(origin, () =>
        Effect.sync(() => {
          sent++
          return Stages.answer()
        }))
      yield* TestClock.adjust("2 seconds")
      const failure = yield* Effect.flip(send())
      assert.include(failure, { _tag: "CircuitOpen", halfOpen: false, origin: "http://api.test" })
      assert.strictEqual(Stages.retryAfterOf(failure), 3000)
      assert.strictEqual(sent, 0)
      yield* TestClock.adjust("3 seconds")
      yield* times(2, send)
      assert.strictEqual(yield* stateOf(origin), "closed")
      assert.strictEqual(sent, 2)
    }))

  it.effect("stays open for as long as the failing answer asks", () =>
    Effect.gen(function*() {
      const origin = yield* tripped({ "retry-after": "20" })
      const failure = yield* Effect.flip(through(origin, status(200))())
      assert.strictEqual(Stages.retryAfterOf(failure), 20_000)
    }))

  it.effect("sends exactly one probe when a hundred calls come at once", () =>
    Effect.gen(function*() {
      const origin = yield* tripped()
      yield* TestClock.adjust("5 seconds")
      let sent = 0
      const gate = yield* Deferred.make<void>()
      const send = through(origin, () =>
        Effect.zipRight(
          Effect.sync(() => void sent++),
          Effect.as(Deferred.await(gate), Stages.answer())
        ))
      const calls = yield* Effect.forEach(Array.from({ length: 100 }), () => Effect.fork(Effect.either(send())))
      yield* Stages.settle
      assert.strictEqual(sent, 1)
      yield* Deferred.succeed(gate, undefined)
      const results = yield* Effect.forEach(calls, Fiber.join)
      assert.strictEqual(results.filter(({ _tag }) => _tag === "Right").length, 1)
      assert.isTrue(results.every((result) => result._tag === "Right" || result.left._tag === "CircuitOpen"))
    }))

  it.effect("frees the place of a probe that is interrupted, and learns nothing from it", () =>
    Effect.gen(function*() {
      const origin = yield* tripped()
      yield* TestClock.adjust("5 seconds")
      const probe = yield* Effect.fork(through(origin, () => Effect.never)())
      yield* Stages.settle
      assert.include(yield* Effect.flip(through(origin, status(200))()), { halfOpen: true })
      yield* Fiber.interrupt(probe)
      assert.strictEqual(yield* stateOf(origin), "half-open")
      assert.strictEqual((yield* through(origin, status(200))()).status, 200)
    }))

  it.effect("does not listen to results of calls that were sent before it opened", () =>
    Effect.gen(function*() {
      const origin = Stages.originOf()
      const gate = yield* Deferred.make<void>()
      const slow = through(origin, () => Effect.as(Deferred.await(gate), Stages.answer(500)))
      const calls = yield* Effect.forEach(Array.from({ length: 20 }), () => Effect.fork(slow()))
      yield* Stages.settle
      yield* times(10, through(origin, status(503)))
      yield* TestClock.adjust("5 seconds")
      yield* times(2, through(origin, status(200)))
      yield* Deferred.succeed(gate, undefined)
      yield* Effect.forEach(calls, Fiber.join)
      assert.strictEqual(yield* stateOf(origin), "closed")
    }))

  it.effect("keeps the calls that get credentials apart", () =>
    Effect.gen(function*() {
      const origin = yield* tripped()
      const plain = Stages.sender(CircuitBreaker.make("plain", defaults), origin, status(200))
      assert.isTrue(Exit.isSuccess(yield* Effect.exit(plain())))
    }))

  it.effect("is closed within one period once an outage is over", () =>
    Effect.gen(function*() {
      const origin = yield* tripped()
      yield* TestClock.adjust("5 seconds")
      yield* times(2, through(origin, status(200)))
      const exits = yield* times(100, through(origin, status(200)))
      assert.isTrue(exits.every(Exit.isSuccess))
    }))
})
