import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Tracing from "../../../../src/infrastructure/telemetry/pipeline/Tracing.ts"

describe("Tracing.settleAll", () => {
  it.effect("does every piece of work, also when another one fails or throws", () =>
    Effect.gen(function*() {
      const done: Array<string> = []
      yield* Tracing.settleAll([
        () => Promise.reject(new Error("refused")),
        () => {
          throw new Error("thrown")
        },
        () => Promise.resolve(done.push("last"))
      ])
      assert.deepStrictEqual(done, ["last"])
    }))

  it.effect("stops waiting for work that never ends, in real time and where nothing can be interrupted", () =>
    Effect.gen(function*() {
      let started = 0
      const never = () => {
        started++
        return new Promise<never>(() => undefined)
      }
      // Nobody turns the test's clock: only real time can end this.
      yield* Effect.uninterruptible(Tracing.settleAll([never, never], "1 millis"))
      assert.strictEqual(started, 2)
    }))
})
