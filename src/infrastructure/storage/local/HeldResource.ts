/**
 * Holding something for as long as an effect runs, without taking part in the effect's own scope.
 */
import { Effect, ExecutionStrategy, Exit, Option, Scope } from "effect"
import type { Duration } from "effect"
import { Busy } from "../../../domain/storage/StorageFailure.ts"

/** Gives one fiber after the other its turn, in the order in which they ask, until the scope of each closes. */
export const turns: Effect.Effect<Effect.Effect<void, never, Scope.Scope>> = Effect.map(
  Effect.makeSemaphore(1),
  (semaphore) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.zipRight(
        restore(semaphore.take(1)),
        Effect.flatMap(Effect.scope, (scope) => Scope.addFinalizer(scope, semaphore.release(1)))
      )
    )
)

/** Runs `use` with what `hold` gives, and gives up what `hold` acquired when it ends. */
export const using = <H, E1, R1, A, E, R>(
  hold: Effect.Effect<H, E1, R1>,
  use: (held: H) => Effect.Effect<A, E, R>
): Effect.Effect<A, E | E1, R | Exclude<R1, Scope.Scope>> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(Scope.make(), (scope) =>
      restore(Scope.extend(hold, scope)).pipe(
        Effect.flatMap((held) => restore(use(held))),
        Effect.onExit((exit) => Scope.close(scope, Exit.asVoid(exit)))
      ))
  )

/** Runs `effect` once `hold` succeeded, and gives up what `hold` acquired when `effect` ends. */
export const during =
  <E1, R1>(hold: Effect.Effect<unknown, E1, R1>) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | E1, R | Exclude<R1, Scope.Scope>> =>
    using(hold, () => effect)

/** What `attempt` acquired belongs to the scope when it gives something, and is given up at once when it does not. */
export const orNothing = <A, E, R>(
  attempt: Effect.Effect<Option.Option<A>, E, R>
): Effect.Effect<Option.Option<A>, E, R | Scope.Scope> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function*() {
      const scope = yield* Scope.fork(yield* Effect.scope, ExecutionStrategy.sequential)
      return yield* restore(Scope.extend(attempt, scope)).pipe(
        Effect.onExit((exit) =>
          Exit.isSuccess(exit) && Option.isSome(exit.value) ? Effect.void : Scope.close(scope, Exit.asVoid(exit))
        )
      )
    })
  )

export interface Within {
  readonly store: string
  readonly operation: string
  readonly deadline: Duration.DurationInput
}

/**
 * What `attempt` holds at once, else what `wait` comes to hold within the deadline; `Busy` after that, in an
 * uninterruptible region too. A race against the clock costs more than a free lock, so only a waiter runs one.
 */
export const orWithin = <A, E1, R1, E2, R2>(
  attempt: Effect.Effect<Option.Option<A>, E1, R1>,
  wait: Effect.Effect<A, E2, R2>,
  { deadline, ...place }: Within
): Effect.Effect<A, E1 | E2 | Busy, R1 | R2> =>
  Effect.flatMap(
    attempt,
    Option.match({
      onSome: Effect.succeed<A>,
      onNone: () =>
        Effect.timeoutFail(Effect.interruptible(wait), { duration: deadline, onTimeout: () => new Busy(place) })
    })
  )
