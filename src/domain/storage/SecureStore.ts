/**
 * Small secrets (tokens, keys, credentials) at rest, sealed. Names may be paths (`auth/session`); `SecretNamespace`
 * gives one folder of them.
 */
import { Context } from "effect"
import type { DateTime, Duration, Effect, Option, Redacted, Stream } from "effect"
import type { SecretFailure } from "./SecretFailure.ts"

type Secret = Option.Option<Redacted.Redacted<string>>

export interface SetOptions {
  /** From then on the entry is absent; for ever when not given. */
  readonly timeToLive?: Duration.DurationInput
}

/** What changed, without the value. */
export interface SecretChange {
  readonly name: string
  readonly kind: "set" | "removed"
}

/** The store as one `transaction` sees it: its own writes included, nobody else's after it began. */
export interface SecretTransaction {
  readonly get: (name: string) => Effect.Effect<Secret, SecretFailure>
  readonly set: (name: string, value: Redacted.Redacted<string>, options?: SetOptions) => Effect.Effect<void>
  readonly remove: (name: string) => Effect.Effect<boolean>
  readonly list: Effect.Effect<ReadonlyArray<string>, SecretFailure>

  /** When the entry will be absent by itself; `none` for never, and for an entry that is absent. */
  readonly expiresAt: (name: string) => Effect.Effect<Option.Option<DateTime.Utc>, SecretFailure>
}

export class SecureStore extends Context.Tag("effect-strata/domain/storage/SecureStore")<
  SecureStore,
  {
    /** `none` only for a proved absence: a store that cannot be read fails. */
    readonly get: (name: string) => Effect.Effect<Secret, SecretFailure>

    /** Durable when it returns. Last write wins; use `modify` when the new value depends on the old one. */
    readonly set: (
      name: string,
      value: Redacted.Redacted<string>,
      options?: SetOptions
    ) => Effect.Effect<void, SecretFailure>

    /** Returns whether there was something to remove. */
    readonly remove: (name: string) => Effect.Effect<boolean, SecretFailure>

    readonly has: (name: string) => Effect.Effect<boolean, SecretFailure>

    /** Every name, sorted. */
    readonly list: Effect.Effect<ReadonlyArray<string>, SecretFailure>

    /**
     * Reads, computes and writes under a lock that holds across processes. `none` as the new value removes the entry;
     * a new value has no time to live. When `change` fails or is interrupted nothing is written. `change` must not use
     * the store itself.
     */
    readonly modify: <A, E, R>(
      name: string,
      change: (current: Secret) => Effect.Effect<readonly [A, Secret], E, R>
    ) => Effect.Effect<A, SecretFailure | E, R>

    /**
     * Runs `body` under the lock of `modify` and writes all it set and removed at once, or nothing when it fails or is
     * interrupted. `body` uses the transaction it is given, never the store.
     */
    readonly transaction: <A, E, R>(
      body: (transaction: SecretTransaction) => Effect.Effect<A, E, R>
    ) => Effect.Effect<A, SecretFailure | E, R>

    /**
     * Changes from now on, by this process and, seen at the latest a few seconds later, by others. Several changes of
     * one entry may come as one. Ends with a failure when the store cannot be read any more.
     */
    readonly changes: Stream.Stream<SecretChange, SecretFailure>
  }
>() {}
