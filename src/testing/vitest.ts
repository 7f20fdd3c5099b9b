/**
 * Runs contracts under vitest. The only module here that imports it.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, TestContext, TestServices } from "effect"
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

/** A case that goes on for longer than this, in real time, has noticed something too. Long, for a busy machine. */
const patience = "12 seconds"

/** Whether any case of the contract fails on, or is hung by, the adapter; the first that does ends the search. */
export const notices = <Port, E>(contract: Contract<Port>, layer: Layer.Layer<Port, E>): Effect.Effect<boolean> =>
  Effect.forEach(contract.cases, ({ run }) =>
    Effect.scoped(Effect.provide(run, layer)).pipe(
      // Each case has a clock of its own, so that they can run at once.
      Effect.provide(TestContext.TestContext),
      Effect.disconnect,
      Effect.raceFirst(Effect.zipRight(TestServices.provideLive(Effect.sleep(patience)), Effect.fail("hung")))
    ), { concurrency: "unbounded", discard: true }).pipe(Effect.exit, Effect.map(Exit.isFailure))

/** Passes when the contract notices a deliberately broken adapter. */
export const bites = <Port, E>(contract: Contract<Port>, broken: string, layer: Layer.Layer<Port, E>) =>
  it.scoped(`${contract.name} contract fails an adapter that ${broken}`, () =>
    Effect.map(notices(contract, layer), (noticed) => assert.isTrue(noticed, "no case noticed")))
