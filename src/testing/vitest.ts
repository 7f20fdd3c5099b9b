/**
 * Runs contracts under vitest. The only module here that imports it.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Layer, Scope, TestContext, TestServices } from "effect"
import type { Contract, ContractCase } from "./Contract.ts"

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
const patience = "3 seconds"

type Verdict = "kept" | "violated" | "hung"

/** What one case says about the adapter. Building the adapter is no part of it, closing it is. */
const judge = <Port, E>({ run }: ContractCase<Port>, layer: Layer.Layer<Port, E>): Effect.Effect<Verdict, E> =>
  Effect.acquireUseRelease(
    Scope.make(),
    (scope) =>
      Effect.flatMap(Layer.buildWithScope(layer, scope), (context) =>
        Effect.scoped(Effect.provide(run, context)).pipe(
          Effect.onExit((exit) => Scope.close(scope, exit)),
          Effect.as<Verdict>("kept"),
          Effect.catchTag("ContractViolation", () => Effect.succeed<Verdict>("violated")),
          Effect.disconnect,
          Effect.raceFirst(Effect.as(TestServices.provideLive(Effect.sleep(patience)), "hung" as const))
        )),
    // Closed already, unless it could not be built or is one that hangs; that one would hang this too.
    (scope, exit) => Effect.forkDaemon(Scope.close(scope, exit))
  ).pipe(
    // Each case has a clock of its own, so that they can run at once.
    Effect.provide(TestContext.TestContext)
  )

/**
 * Whether any case of the contract is violated, or hung, by the adapter; the first that is ends the search. An adapter
 * that cannot be built fails it, and a case that dies by itself is a defect: neither says that the contract notices.
 */
export const notices = <Port, E>(contract: Contract<Port>, layer: Layer.Layer<Port, E>): Effect.Effect<boolean, E> =>
  Effect.forEach(contract.cases, (each) =>
    judge(each, layer).pipe(
      Effect.mapError(Either.left),
      Effect.filterOrFail((verdict) => verdict === "kept", () => Either.right(true))
    ), { concurrency: 8, discard: true }).pipe(
      Effect.as(false),
      Effect.catchAll((found: Either.Either<boolean, E>) => found)
    )

/** Passes when the contract notices a deliberately broken adapter. */
export const bites = <Port, E>(contract: Contract<Port>, broken: string, layer: Layer.Layer<Port, E>) =>
  it.scoped(`${contract.name} contract fails an adapter that ${broken}`, () =>
    Effect.map(notices(contract, layer), (noticed) => assert.isTrue(noticed, "no case noticed")))
