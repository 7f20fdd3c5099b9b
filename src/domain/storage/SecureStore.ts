/**
 * Small secrets (tokens, keys, credentials) at rest, sealed.
 */
import { Context } from "effect"
import type { Effect, Option, Redacted } from "effect"
import type { SecretFailure } from "./SecretFailure.ts"

export class SecureStore extends Context.Tag("effect-strata/domain/storage/SecureStore")<
  SecureStore,
  {
    /** `none` only for a proved absence: a store that cannot be read fails. */
    readonly get: (name: string) => Effect.Effect<Option.Option<Redacted.Redacted<string>>, SecretFailure>

    /** Durable when it returns. Last write wins; use `modify` when the new value depends on the old one. */
    readonly set: (name: string, value: Redacted.Redacted<string>) => Effect.Effect<void, SecretFailure>

    /** Returns whether there was something to remove. */
    readonly remove: (name: string) => Effect.Effect<boolean, SecretFailure>

    readonly has: (name: string) => Effect.Effect<boolean, SecretFailure>

    /** Every name, sorted. */
    readonly list: Effect.Effect<ReadonlyArray<string>, SecretFailure>

    /**
     * Reads, computes and writes under a lock that holds across processes. `none` as the new value removes the entry.
     * When `change` fails or is interrupted nothing is written. `change` must not use the store itself.
     */
    readonly modify: <A, E, R>(
      name: string,
      change: (
        current: Option.Option<Redacted.Redacted<string>>
      ) => Effect.Effect<readonly [A, Option.Option<Redacted.Redacted<string>>], E, R>
    ) => Effect.Effect<A, SecretFailure | E, R>
  }
>() {}
