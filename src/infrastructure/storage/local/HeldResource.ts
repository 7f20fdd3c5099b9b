/**
 * Holding something for as long as an effect runs, without taking part in the effect's own scope.
 */
import { Effect, Exit, Scope } from "effect"
import type { Duration } from "effect"
import { Busy } from "../../../domain/storage/StorageFailure.ts"

/** Runs `effect` once `hold` succeeded, and gives up what `hold` acquired when `effect` ends. */
export const during =
  <E1, R1>(hold: Effect.Effect<unknown, E1, R1>) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | E1, R | Exclude<R1, Scope.Scope>> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(Scope.make(), (scope) =>
        restore(Scope.extend(hold, scope)).pipe(
          Effect.zipRight(restore(effect)),
          Effect.onExit((exit) => Scope.close(scope, Exit.asVoid(exit)))
        ))
    )

/** Fails with `Busy` when `name` could not be taken within `deadline`. */
export const within =
  (name: string, deadline: Duration.DurationInput) =>
  <A, E, R>(take: Effect.Effect<A, E, R>): Effect.Effect<A, E | Busy, R> =>
    Effect.timeoutFail(take, {
      duration: deadline,
      onTimeout: () => new Busy({ store: `${name} lock`, operation: "acquire" })
    })
