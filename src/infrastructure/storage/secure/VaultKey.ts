/**
 * Where the key that unlocks the vault comes from.
 */
import { Context } from "effect"
import type { Effect, Redacted } from "effect"
import type { Locked } from "../../../domain/storage/SecretFailure.ts"
import type { StorageFailure } from "../../../domain/storage/StorageFailure.ts"

export class VaultKey extends Context.Tag("effect-strata/infrastructure/storage/secure/VaultKey")<
  VaultKey,
  {
    /** The type of the vault's slot that this key opens. Written into the file, so it never changes. */
    readonly slot: string

    /** 32 uniformly random bytes. Never makes a new key: a vault is there that needs the one it was made with. */
    readonly load: Effect.Effect<Redacted.Redacted<Uint8Array>, Locked | StorageFailure>

    /** As `load`, but where that is this source's policy, makes the key when there is none. */
    readonly loadForNewVault: Effect.Effect<Redacted.Redacted<Uint8Array>, Locked | StorageFailure>
  }
>() {}
