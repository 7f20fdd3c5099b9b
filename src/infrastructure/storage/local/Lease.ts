/**
 * A right that one process holds for a time, kept in a database: longer than a lock can be held, and of no use to an
 * owner who lost it. Each taking has a higher fence than the one before; a write that checks its fence in its own
 * transaction cannot come from an owner who was paused and has been replaced (M. Kleppmann, "How to do distributed
 * locking", 2016).
 */
import { Context, Schema } from "effect"
import type { Duration, Effect, Option, Scope } from "effect"
import type { StorageFailure } from "../../../domain/storage/StorageFailure.ts"

/** Another owner has taken the lease meanwhile: this one was paused, or could not renew it in time. */
export class LeaseLost extends Schema.TaggedError<LeaseLost>()("LeaseLost", { name: Schema.String }) {
  override get message() {
    return `The lease "${this.name}" was taken over by another process`
  }
}

export interface Grant {
  /** Grows with every taking of this name. */
  readonly fence: number

  /** To be run inside the write transaction that it is to protect; elsewhere it tells of a moment that has passed. */
  readonly check: Effect.Effect<void, LeaseLost | StorageFailure>

  /** Never succeeds; fails as soon as it is known that the lease is lost. To be raced with work that should then end. */
  readonly lost: Effect.Effect<never, LeaseLost>
}

export class Lease extends Context.Tag("effect-strata/infrastructure/storage/local/Lease")<
  Lease,
  {
    /**
     * Takes `name` now and renews it every third of `timeToLive` until the scope closes, which gives it back; `none`
     * when a living owner has it. An owner whose process is known to be dead is replaced at once, any other when its
     * time is over. Not reentrant.
     */
    readonly tryTake: (
      name: string,
      timeToLive: Duration.DurationInput
    ) => Effect.Effect<Option.Option<Grant>, StorageFailure, Scope.Scope>

    /** `tryTake` until it is free, for at most `deadline` (`Busy`). */
    readonly take: (
      name: string,
      timeToLive: Duration.DurationInput,
      deadline: Duration.DurationInput
    ) => Effect.Effect<Grant, StorageFailure, Scope.Scope>
  }
>() {}
