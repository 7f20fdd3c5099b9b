import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, TestClock } from "effect"
import * as ApiPolicy from "../../../../../src/infrastructure/network/api/ApiPolicy.ts"
import * as OriginState from "../../../../../src/infrastructure/network/api/origin/OriginState.ts"

const layer = OriginState.layer.pipe(Layer.provide(ApiPolicy.layer()))

describe("OriginStates", () => {
  it.effect("gives all calls to an origin the same state, and forgets it when nobody called for ten minutes", () =>
    Effect.gen(function*() {
      const states = yield* OriginState.OriginStates
      const first = states.of("http://a")
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual(states.of("http://a"), first)
      yield* TestClock.adjust("601 seconds")
      assert.notStrictEqual(states.of("http://a"), first)
    }).pipe(Effect.provide(layer)))

  it.effect("keeps a state that a call holds, or that was isolated by hand, for however long", () =>
    Effect.gen(function*() {
      const states = yield* OriginState.OriginStates
      const held = states.of("http://held")
      const isolated = states.of("http://isolated")
      held.permits.tryTake()
      isolated.breaker.isolate(0)
      yield* TestClock.adjust("1 day")
      for (let other = 0; other < 200; other++) states.of(`http://${other}`)
      assert.strictEqual(states.of("http://held"), held)
      assert.strictEqual(states.of("http://isolated"), isolated)
      held.permits.release()
      yield* TestClock.adjust("1 day")
      assert.notStrictEqual(states.of("http://held"), held)
    }).pipe(Effect.provide(layer)))

  it.effect("knows 64 origins, and drops those that were not used for longest", () =>
    Effect.gen(function*() {
      const states = yield* OriginState.OriginStates
      const first = states.of("http://0")
      const second = states.of("http://1")
      for (let other = 2; other < 64; other++) states.of(`http://${other}`)
      assert.strictEqual(states.of("http://0"), first)
      states.of("http://64")
      assert.strictEqual(states.of("http://0"), first)
      assert.notStrictEqual(states.of("http://1"), second)
    }).pipe(Effect.provide(layer)))

  it.effect("keeps nobody away for longer than a minute by one answer", () =>
    Effect.sync(() => {
      const { notBefore } = OriginState.make("http://a", ApiPolicy.defaults)
      notBefore.raise(3_600_000, 1000)
      assert.strictEqual(notBefore.until(1000), 61_000)
      notBefore.raise(2000, 1000)
      assert.strictEqual(notBefore.until(1000), 61_000)
      assert.strictEqual(notBefore.until(70_000), 70_000)
    }))
})
