import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Option, Utils } from "effect"
import { Attempt } from "../../../../src/infrastructure/network/interceptors/Attempt.ts"
import * as Auth from "../../../../src/infrastructure/network/interceptors/Auth.ts"
import { EventClock } from "../EventClock.ts"
import * as Fused from "../Fused.ts"
import * as AuthCases from "./AuthCases.ts"

/** The stage between calls of 20 seconds and a backend that answers with a status, without the rest of HTTP. */
const quickly = (
  cases: Pick<ReturnType<typeof AuthCases.make>, "tokens">,
  backend: (request: { readonly generation: number }) => Effect.Effect<number>
) =>
  Effect.map(Auth.make(cases.tokens, { origin: Fused.origin, limit: "10 seconds" }), (auth) => {
    const send = auth.around((request) =>
      Effect.map(
        Effect.suspend(() => backend({ generation: AuthCases.generationOf(request.headers["authorization"]) })),
        (status) => HttpClientResponse.fromWeb(request, new Response(null, { status }))
      )
    )
    return () =>
      Effect.flatMap(Fused.callOf(Fused.get, { total: 20_000 }), (call) => send(Fused.get, new Attempt(call)))
  })

const endings = ["renewed", "renewed", "renewed", "failed", "over", "never"] as const

/** Calls, a rotation by somebody else and an interruption at random moments; how often something was sent again. */
const interleaving = (seed: number) => {
  const random = new Utils.PCGRandom(seed)
  const clock = new EventClock()
  const millis = (most: number) => random.integer(most)
  let sent = 0
  return Effect.gen(function*() {
    const cases = AuthCases.make({
      replacement: () => ({ takes: millis(400), ends: endings[random.integer(endings.length)] ?? "renewed" }),
      ...(random.integer(2) === 0 ? {} : { slow: () => millis(150) })
    })
    const { state } = cases
    const send = yield* quickly(cases, ({ generation }) => {
      sent++
      const newest = Math.max(0, ...state.replaced, ...state.underWay)
      if (generation <= newest) assert.fail(`seed ${seed}: sent although it was rejected`)
      return Effect.delay(Effect.succeed(generation === state.valid ? 200 : 401), millis(300))
    })
    const rotate = Effect.sync(() => {
      state.generation++
      state.valid = state.generation + random.integer(2)
    })
    if (random.integer(3) === 0) yield* Effect.fork(Effect.delay(rotate, millis(600)))
    const calls = 2 + random.integer(7)
    const interrupted = random.integer(3) === 0 ? random.integer(calls) : -1
    const fibers = yield* Effect.forEach(
      Array.from({ length: calls }),
      () => Effect.fork(Effect.delay(Effect.suspend(send), millis(500)))
    )
    const victim = fibers[interrupted]
    if (victim !== undefined) yield* Effect.fork(Effect.delay(Fiber.interrupt(victim), millis(800)))
    for (const [index, fiber] of fibers.entries()) {
      const exit = yield* Fiber.await(fiber)
      if (Exit.isSuccess(exit)) continue
      const failure = Option.getOrUndefined(Cause.failureOption(exit.cause))
      if (failure === undefined) {
        assert.isTrue(Cause.isInterruptedOnly(exit.cause), `seed ${seed}: ${Cause.pretty(exit.cause)}`)
        assert.strictEqual(index, interrupted, `seed ${seed}: interrupted another`)
      } else assert.include(["AuthUnavailable", "SessionExpired"], failure._tag, `seed ${seed}`)
    }
    yield* Effect.sleep("1 minute")
    assert.isAtMost(state.mostUnderWay, 1, `seed ${seed}: rejected twice at once`)
    assert.isAtMost(sent, 2 * calls, `seed ${seed}: a third request`)
    assert.strictEqual(new Set(state.replaced).size, state.replaced.length, `seed ${seed}: replaced twice`)
    assert.strictEqual(clock.timers, 0, `seed ${seed}: a timer is left`)
    return sent - calls
  }).pipe(Effect.scoped, Effect.withClock(clock))
}

describe("Auth", () => {
  it.live("keeps its promises in a thousand interleavings", () =>
    Effect.gen(function*() {
      let resent = 0
      for (let seed = 1; seed <= 1000; seed++) {
        resent += yield* interleaving(seed)
      }
      assert.isAbove(resent, 500)
    }).pipe(Effect.provide(Fused.origins)), 300_000)
})
