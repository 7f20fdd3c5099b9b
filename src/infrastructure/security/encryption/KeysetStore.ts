/**
 * Where the keysets of `Crypto` are kept.
 */
import { Context } from "effect"
import type { Effect, Option } from "effect"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import type { Keyset } from "./Keyset.ts"

export class KeysetStore extends Context.Tag("effect-strata/infrastructure/security/encryption/KeysetStore")<
  KeysetStore,
  {
    readonly load: (purpose: string) => Effect.Effect<Option.Option<Keyset>, SecretFailure>

    /** The stored keyset, or the one `create` gives when there was none; atomic across processes, so that all use one keyset. */
    readonly loadOrCreate: (purpose: string, create: Effect.Effect<Keyset>) => Effect.Effect<Keyset, SecretFailure>
  }
>() {}
