/**
 * Where keysets are kept, and how often their keys were used.
 */
import { Context } from "effect"
import type { Effect, Option } from "effect"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import type { Keyset } from "./Keyset.ts"

export class KeysetStore extends Context.Tag("effect-strata/infrastructure/security/encryption/KeysetStore")<
  KeysetStore,
  {
    readonly load: (name: string) => Effect.Effect<Option.Option<Keyset>, SecretFailure>

    /** Saves the keyset `change` gives, unless it fails; atomic across processes, so that all use one keyset. */
    readonly modify: <A, E>(
      name: string,
      change: (current: Option.Option<Keyset>) => Effect.Effect<readonly [A, Keyset], E>
    ) => Effect.Effect<A, SecretFailure | E>

    /**
     * Counts `messages` as sealed by key `id` before they are, for ever and for all processes. `false`, and nothing is
     * counted, when that would make more than `limit`.
     */
    readonly reserve: (
      name: string,
      id: number,
      messages: number,
      limit: number
    ) => Effect.Effect<boolean, SecretFailure>
  }
>() {}
