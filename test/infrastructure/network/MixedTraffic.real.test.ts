import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Soak from "./traffic/Soak.ts"

describe("mixed traffic over a faulty way", () => {
  it.live(
    "ends every call, charges once, and leaves no socket, timer, listener or fiber behind",
    () =>
      Effect.gen(function*() {
        const figures = yield* Soak.run(20)
        assert.isAbove(figures.succeeded["read"] ?? 0, 20)
        assert.isAbove(figures.interrupted, 0)
        assert.isAbove(figures.charged, 0)
        assert.isAbove(figures.tokensReplaced, 0)
      }),
    120_000
  )

  it.live(
    "makes 10,000 calls under one signal without a warning or a listener that stays",
    () =>
      Effect.gen(function*() {
        const { listeners, warnings } = yield* Soak.underOneSignal(10_000)
        assert.deepStrictEqual(warnings, [])
        assert.strictEqual(listeners, 0)
      }),
    120_000
  )
})
