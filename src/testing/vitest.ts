/**
 * Runs contracts under vitest. The only module here that imports it.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import type { Layer } from "effect"
import type { Contract } from "./Contract.ts"

/** One test per case, each on a layer built afresh, with `TestClock`. `features` lists the `needs` this adapter can meet; `TestClock` is one. */
export const suite = <Port, E>(
  contract: Contract<Port>,
  adapter: string,
  layer: Layer.Layer<Port, E>,
  features: ReadonlyArray<string> = ["TestClock"]
) =>
  describe(`${contract.name} contract: ${adapter}`, () => {
    for (const { name, needs = [], run } of contract.cases) {
      it.scoped.skipIf(!needs.every((need) => features.includes(need)))(name, () => Effect.provide(run, layer))
    }
  })

/** Passes when at least one case of the contract fails on a deliberately broken adapter, and says which. */
export const bites = <Port, E>(contract: Contract<Port>, broken: string, layer: Layer.Layer<Port, E>) =>
  it.scoped(`${contract.name} contract fails an adapter that ${broken}`, () =>
    Effect.gen(function*() {
      const failed: Array<string> = []
      for (const { name, run } of contract.cases) {
        const exit = yield* Effect.exit(Effect.scoped(Effect.provide(run, layer)))
        if (Exit.isFailure(exit)) failed.push(name)
      }
      assert.isAbove(failed.length, 0, "no case noticed")
    }))
