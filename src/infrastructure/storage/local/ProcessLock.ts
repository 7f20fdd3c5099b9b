/**
 * Mutual exclusion between the processes of this machine. The operating system frees a lock when its owner dies.
 */
import { Context } from "effect"
import type { Duration, Effect, Option, Scope } from "effect"
import type { StorageFailure } from "../../../domain/storage/StorageFailure.ts"

export class ProcessLock extends Context.Tag("effect-strata/infrastructure/storage/local/ProcessLock")<
  ProcessLock,
  {
    /**
     * Runs `effect` while holding `name`; waits for at most `deadline` (`Busy` after that), in the order of asking. Not
     * re-entrant; fibers of this process exclude each other too. An interrupted waiter leaves nothing behind.
     */
    readonly withLock: (
      name: string,
      deadline: Duration.DurationInput
    ) => <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E | StorageFailure, R>

    /** Takes `name` now, waiters or not, until the scope closes; gives `none` when somebody else holds it. */
    readonly tryHold: (name: string) => Effect.Effect<Option.Option<void>, StorageFailure, Scope.Scope>
  }
>() {}
