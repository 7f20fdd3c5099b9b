/**
 * A contract: what every adapter of a port must do, as data without a test runner.
 */
import { Data, Effect } from "effect"
import type { Scope } from "effect"

/** The adapter did something else than the contract says. */
export class ContractViolation extends Data.TaggedError("ContractViolation")<{
  readonly message: string
  readonly cause?: unknown
}> {}

/**
 * One behaviour. `run` gets a fresh adapter and must not depend on other cases. Time is the runner's: a case that
 * needs time to pass forks and advances with `TestClock`, and says so with `needs: ["TestClock"]`.
 */
export interface ContractCase<Port> {
  readonly name: string
  readonly needs?: ReadonlyArray<string>
  readonly run: Effect.Effect<void, ContractViolation, Port | Scope.Scope>
}

export interface Contract<Port> {
  readonly name: string
  readonly cases: ReadonlyArray<ContractCase<Port>>
}

/** Builds a case: any failure or defect of `body` becomes a `ContractViolation` of this case. */
export const contractCase = <Port, E>(
  name: string,
  body: Effect.Effect<void, E, Port | Scope.Scope>,
  needs: ReadonlyArray<string> = []
): ContractCase<Port> => ({
  name,
  needs,
  run: body.pipe(
    Effect.sandbox,
    Effect.mapError((cause) => new ContractViolation({ message: `${name}: ${cause.toString()}`, cause }))
  )
})

/** Fails the case with `message` unless `condition` holds. */
export const ensure = (condition: boolean, message: string): Effect.Effect<void, ContractViolation> =>
  condition ? Effect.void : new ContractViolation({ message })
