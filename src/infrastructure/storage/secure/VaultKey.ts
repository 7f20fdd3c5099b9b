/**
 * Where the keys that unlock the vault come from.
 */
import { Context, Effect, Layer } from "effect"
import type { Option, Redacted } from "effect"
import type { KeyLost, Locked } from "../../../domain/storage/SecretFailure.ts"
import type { StorageFailure } from "../../../domain/storage/StorageFailure.ts"

/**
 * Why a source gives no key. `Locked`: not now, and what the person can do. `KeyLost`: the key was proved to be gone
 * from where it was kept. Either way another source may still open the vault.
 */
export type VaultKeyFailure = Locked | KeyLost | StorageFailure

/** The highest generation of the vault that was written, kept beside the key so that an older file is noticed. */
export interface KeptGeneration {
  /** `none` before the first `raise`. */
  readonly read: Effect.Effect<Option.Option<bigint>, VaultKeyFailure>

  /** Never lowers what is kept. Of two processes at once the lower may win: call it under the vault's lock. */
  readonly raise: (generation: bigint) => Effect.Effect<void, VaultKeyFailure>
}

/** What can be told of a source without asking the person. */
export interface VaultKeyStatus {
  /** Who keeps the key, such as `Secret Service, durable`. Printed to the person; holds no secret. */
  readonly detail: string
  /** Whether `load` would give a key now without asking. */
  readonly usable: boolean
  /** Whether the key is still there after a restart of the machine. */
  readonly durable: boolean
}

/** One source. All keys are 32 uniformly random bytes. */
export interface VaultKey {
  /** The type of the vault's slots that this key opens. Written into the file, so it never changes. */
  readonly slot: string

  /** Whether there is a place to keep a key at all; there always is when absent. Never asks the person. */
  readonly isThere?: Effect.Effect<boolean>

  /** Never makes a new key: a vault is there that needs the one it was made with. May ask the person. */
  readonly load: Effect.Effect<Redacted.Redacted<Uint8Array>, VaultKeyFailure>

  /** For a new vault or a new slot: as `load`, but where that is this source's policy, makes the key when there is none. */
  readonly loadForNewVault: Effect.Effect<Redacted.Redacted<Uint8Array>, VaultKeyFailure>

  /** Absent where nothing can be kept. A new vault starts above what is kept, or it would look like an older copy. */
  readonly generation?: KeptGeneration

  /** Never asks the person and never fails. */
  readonly status: Effect.Effect<VaultKeyStatus>
}

/** The sources of this environment, preferred first. A new vault is made by the first that is there, and no other takes its place; all are tried to open one. */
export class VaultKeys extends Context.Tag("effect-strata/infrastructure/storage/secure/VaultKey/VaultKeys")<
  VaultKeys,
  ReadonlyArray<VaultKey>
>() {}

/** `sources` are preferred in the order given. */
export const layer = <E = never, R = never>(
  sources: ReadonlyArray<Effect.Effect<VaultKey, E, R>>
): Layer.Layer<VaultKeys, E, R> => Layer.effect(VaultKeys, Effect.all(sources))
