import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Random, TestClock } from "effect"
import {
  CircuitOpen,
  DeadlineExceeded,
  Throttled,
  TransportFailure
} from "../../../../src/infrastructure/network/api/ApiError.ts"
import * as AdaptiveThrottle from "../../../../src/infrastructure/network/interceptors/AdaptiveThrottle.ts"
import * as Bulkhead from "../../../../src/infrastructure/network/interceptors/Bulkhead.ts"
import type { SendCall } from "../../../../src/infrastructure/network/interceptors/Interceptor.ts"
import * as Stages from "../Stages.ts"

const offered = 50

const slow: SendCall = () => Effect.as(Effect.sleep("10 seconds"), Stages.answer())

/** Accepts so many calls a second and refuses the others. */
const limited = (capacity: () => number) => {
  const counts = { sent: 0, accepted: 0 }
  let second = -1
  let used = 0
  const backend: SendCall = (_, call) =>
    Effect.sync(() => {
      const current = Math.floor(call.now() / 1000)
      if (current !== second) used = 0
      second = current
      counts.sent++
      if (used >= capacity()) return Stages.answer(503)
      used++
      counts.accepted++
      return Stages.answer()
    })
  return { backend, counts }
}

describe("AdaptiveThrottle", () => {
  it.effect("spares a backend that accepts 10 %, within two windows, and sends all again one and a half after it is well", () =>
    Effect.gen(function*() {
      let capacity = offered / 10
      const { backend, counts } = limited(() => capacity)
      const send = Stages.sender(AdaptiveThrottle.make(), Stages.originOf(), backend)
      const during = (seconds: number) =>
        Effect.gen(function*() {
          const before = { ...counts }
          for (let second = 0; second < seconds; second++) {
            for (let call = 0; call < offered; call++) yield* Effect.exit(send())
            yield* TestClock.adjust("1 second")
          }
          return { sent: counts.sent - before.sent, accepted: counts.accepted - before.accepted }
        })
      yield* during(240)
      const loaded = yield* during(120)
      assert.isAtMost(loaded.sent, 2.2 * loaded.accepted)
      assert.isAtLeast(loaded.accepted, 0.9 * capacity * 120)
      capacity = offered
      yield* during(110)
      const recovered = yield* during(10)
      assert.isAtLeast(recovered.sent, 0.75 * offered * 10)
      yield* during(60)
      assert.isAtLeast((yield* during(10)).sent, 0.99 * offered * 10)
    }).pipe(Effect.withRandom(Random.make("seed"))))

  it.effect("refuses nothing before twenty requests", () =>
    Effect.gen(function*() {
      const origin = Stages.originOf()
      const send = Stages.sender(AdaptiveThrottle.make(), origin, () => Effect.succeed(Stages.answer(503)))
      for (let call = 0; call < 19; call++) {
        assert.strictEqual((yield* send()).status, 503)
        assert.strictEqual(origin.throttle.refusalProbability(0), 0)
      }
      yield* send()
      assert.strictEqual(origin.throttle.refusalProbability(0), 20 / 21)
    }))

  it.effect("takes no burst after a silence for overload, however late its answers are", () =>
    Effect.gen(function*() {
      const origin = Stages.originOf()
      const throttled = AdaptiveThrottle.make().around(slow)
      const send = Stages.sender(Bulkhead.make("signed"), origin, throttled)
      const calls = yield* Effect.forEach(Array.from({ length: 100 }), () => Effect.fork(send()))
      yield* TestClock.adjust("20 seconds")
      yield* Effect.forEach(calls, Fiber.join)
      assert.strictEqual(origin.throttle.refusalProbability(0), 0)
    }).pipe(Effect.withRandom(Random.fixed([0]))))

  it.effect("counts calls when they are sent, not when they end, once the backend refuses some", () =>
    Effect.gen(function*() {
      const origin = Stages.originOf()
      const reject = Stages.sender(AdaptiveThrottle.make(), origin, () => Effect.succeed(Stages.answer(503)))
      const accept = Stages.sender(AdaptiveThrottle.make(), origin, () => Effect.succeed(Stages.answer(200)))
      for (let call = 0; call < 10; call++) yield* Effect.zipRight(accept(), reject())
      assert.strictEqual(origin.throttle.refusalProbability(0), 0)
      yield* Effect.zipRight(reject(), reject())
      // The bulkhead knows what is under way.
      const busy = Stages.sender(Bulkhead.make("signed"), origin, () => Effect.never)
      const before = origin.throttle.refusalProbability(0)
      const calls = yield* Effect.forEach(
        Array.from({ length: 40 }),
        () => Effect.fork(busy())
      )
      yield* Stages.settle
      assert.isAbove(origin.throttle.refusalProbability(0), before)
      yield* Fiber.interruptAll(calls)
      assert.strictEqual(origin.throttle.refusalProbability(0), before)
    }).pipe(Effect.withRandom(Random.fixed([0.99]))))

  it.effect("counts local refusals as requests, so that it keeps away as long as it is refused", () =>
    Effect.gen(function*() {
      const origin = Stages.originOf()
      const send = Stages.sender(AdaptiveThrottle.make(), origin, () => Effect.succeed(Stages.answer(503)))
      for (let call = 0; call < 20; call++) yield* send()
      const failure = yield* Effect.flip(send())
      assert.include(failure, { _tag: "Throttled", by: "adaptive", outcome: "not-sent" })
      assert.strictEqual(origin.throttle.refusalProbability(0), 21 / 22)
    }).pipe(Effect.withRandom(Random.fixed([0]))))

  it.effect("learns nothing from calls that were not sent", () =>
    Effect.gen(function*() {
      const failures = [
        new CircuitOpen({ origin: "", halfOpen: false, retryAfter: Stages.second }),
        new Throttled({ by: "rate" }),
        new TransportFailure({ reason: "unreachable", sent: "no" })
      ]
      for (const failure of failures) {
        const origin = Stages.originOf()
        const send = Stages.sender(AdaptiveThrottle.make(), origin, () => Effect.fail(failure))
        for (let call = 0; call < 100; call++) yield* Effect.flip(send())
        assert.strictEqual(origin.throttle.refusalProbability(0), 0)
      }
    }))

  it.effect("learns nothing from callers whose own deadline is too short, and a lot from those who waited", () =>
    Effect.gen(function*() {
      const late = new DeadlineExceeded({ phase: "headers", scope: "total", sent: "maybe" })
      for (const { chance, waited } of [{ waited: 999, chance: 0 }, { waited: 1000, chance: 40 / 41 }]) {
        const origin = Stages.originOf()
        const send = Stages.sender(AdaptiveThrottle.make(), origin, () => Effect.delay(Effect.fail(late), waited))
        const calls = yield* Effect.replicateEffect(Effect.fork(Effect.flip(send({ total: waited }))), 40)
        yield* TestClock.adjust(waited)
        yield* Fiber.joinAll(calls)
        assert.strictEqual(origin.throttle.refusalProbability(1000), chance)
      }
    }))

  it.effect("takes answers of any other status for accepted", () =>
    Effect.gen(function*() {
      const origin = Stages.originOf()
      for (const code of [200, 304, 400, 404, 422, 500]) {
        const send = Stages.sender(AdaptiveThrottle.make(), origin, () => Effect.sync(() => Stages.answer(code)))
        for (let call = 0; call < 20; call++) yield* send()
      }
      assert.strictEqual(origin.throttle.refusalProbability(0), 0)
    }))
})
