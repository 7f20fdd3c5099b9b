import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, FastCheck, Fiber, TestClock } from "effect"
import * as Bulkhead from "../../../../src/infrastructure/network/interceptors/Bulkhead.ts"
import type { SendCall } from "../../../../src/infrastructure/network/interceptors/Interceptor.ts"
import * as Stages from "../Stages.ts"
import * as Interleavings from "./Interleavings.ts"

const never: SendCall = () => Effect.never

/** A backend that lets go of one call at a time. */
const gated = () => {
  const begun: Array<string> = []
  const gates: Array<Deferred.Deferred<void>> = []
  const backend: SendCall = (_, call) =>
    Effect.gen(function*() {
      begun.push(call.options.idempotencyKey ?? "")
      const gate = yield* Deferred.make<void>()
      gates.push(gate)
      yield* Deferred.await(gate)
      return Stages.answer()
    })
  const release = Effect.suspend(() => {
    const gate = gates.shift()
    return gate === undefined ? Effect.void : Effect.zipRight(Deferred.succeed(gate, undefined), Stages.settle)
  })
  return { begun, backend, release }
}

/** One call at a time to a backend that never answers. */
const unanswered = () => {
  let sent = 0
  const origin = Stages.originOf({ bulkhead: { inFlight: 1, queue: 256 } })
  const send = Stages.sender(Bulkhead.make("signed"), origin, () =>
    Effect.suspend(() => {
      sent++
      return Effect.never
    }))
  return { origin, send, sent: () => sent }
}

describe("Bulkhead", () => {
  it.effect("lets 64 calls through, keeps 256 waiting and refuses the next", () =>
    Effect.gen(function*() {
      const origin = Stages.originOf()
      const send = Stages.sender(Bulkhead.make("signed"), origin, never)
      yield* Effect.forEach(Array.from({ length: 320 }), () => Effect.fork(send()))
      yield* Stages.settle
      assert.strictEqual(origin.permits.inFlight, 64)
      assert.strictEqual(origin.permits.waiting, 256)
      const refused = yield* Effect.flip(send())
      assert.strictEqual(refused._tag, "Throttled")
      assert.include(refused, { by: "bulkhead", outcome: "not-sent" })
    }))

  it.effect("serves by priority, and within one in the order of arrival", () =>
    Effect.gen(function*() {
      const { backend, begun, release } = gated()
      const origin = Stages.originOf({ bulkhead: { inFlight: 1, queue: 256 } })
      const send = Stages.sender(Bulkhead.make("signed"), origin, backend)
      yield* Stages.arriving(send)
      yield* Effect.replicateEffect(release, 7)
      assert.deepStrictEqual(begun, ["first", "high 1", "high 2", "normal 1", "normal 2", "low 1", "low 2"])
      assert.strictEqual(origin.permits.inFlight, 0)
    }))

  it.effect("gives up a call whose time is over while it waits, before anything is sent", () =>
    Effect.gen(function*() {
      const { origin, send, sent } = unanswered()
      yield* Effect.fork(send())
      const waiting = yield* Effect.fork(Effect.flip(send({ total: 3000 })))
      yield* TestClock.adjust("2999 millis")
      assert.strictEqual(origin.permits.waiting, 1)
      yield* TestClock.adjust("1 millis")
      const failure = yield* Fiber.join(waiting)
      assert.include(failure, {
        _tag: "DeadlineExceeded",
        phase: "queue",
        scope: "total",
        sent: "no",
        outcome: "not-sent"
      })
      assert.strictEqual(origin.permits.waiting, 0)
      assert.strictEqual(sent(), 1)
    }))

  it.effect("leaves no timer and sends nothing after an interruption in the queue", () =>
    Effect.gen(function*() {
      const { origin, send, sent } = unanswered()
      const [[first, second], asleep] = yield* Stages.countingSleeps(Effect.gen(function*() {
        const busy = yield* Effect.fork(send())
        const waiting = yield* Effect.fork(send({ total: 30_000 }))
        yield* Stages.settle
        return [busy, waiting] as const
      }))
      assert.strictEqual(asleep(), 1)
      yield* Fiber.interrupt(second)
      assert.strictEqual(asleep(), 0)
      yield* Fiber.interrupt(first)
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(sent(), 1)
      assert.strictEqual(origin.permits.inFlight, 0)
    }))

  it.effect("does not make calls that get credentials wait for those that need them", () =>
    Effect.gen(function*() {
      const origin = Stages.originOf({ bulkhead: { inFlight: 1, queue: 0 } })
      yield* Effect.fork(Stages.sender(Bulkhead.make("signed"), origin, never)())
      yield* Stages.settle
      const plain = Stages.sender(Bulkhead.make("plain"), origin, () => Effect.succeed(Stages.answer()))
      assert.strictEqual((yield* plain()).status, 200)
    }))

  it("loses no permit in 1000 interleavings of calls, failures and interruptions", async () => {
    const step = FastCheck.record({
      ...Interleavings.moments,
      ends: FastCheck.constantFrom("answer", "failure", "defect"),
      priority: FastCheck.constantFrom<"high" | "normal" | "low">("high", "normal", "low")
    })
    const interrupted = await Interleavings.run(step, { minLength: 4, maxLength: 14 }, 1000, () => {
      const origin = Stages.originOf({ bulkhead: { inFlight: 2, queue: 8 } })
      let running = 0
      let most = 0
      return {
        call: ({ ends, priority, works }) => {
          const end = ends === "answer"
            ? Effect.succeed(Stages.answer())
            : ends === "defect"
            ? Effect.die("broken")
            : Effect.interrupt
          const backend: SendCall = () =>
            Effect.sync(() => void (most = Math.max(most, ++running))).pipe(
              Effect.zipRight(Interleavings.turns(works)),
              Effect.zipRight(end),
              Effect.ensuring(Effect.sync(() => void running--))
            )
          return Stages.sender(Bulkhead.make("signed"), origin, backend)({ priority, total: 5000 })
        },
        afterwards: () => {
          assert.strictEqual(origin.permits.inFlight, 0)
          assert.strictEqual(origin.permits.waiting, 0)
          assert.isAtMost(most, 2)
        }
      }
    })
    assert.isAbove(interrupted, 500)
  })
})
