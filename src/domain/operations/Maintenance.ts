/**
 * Looking after the secret store: ways to unlock it, its keys, and copies of it. What `strata secrets` calls.
 */
import { Context, Schema } from "effect"
import type { Effect, Option, Redacted, Stream } from "effect"
import type { SecretFailure } from "../storage/SecretFailure.ts"

/** One way to unlock the store. `usable`: this program knows the type and the environment has a source for it. */
export class UnlockSlot extends Schema.Class<UnlockSlot>("UnlockSlot")({
  id: Schema.Int,
  type: Schema.String,
  usable: Schema.Boolean,
  /** Opens an earlier root key only: add it again. */
  stale: Schema.Boolean
}) {}

/** What can be told without opening any entry. */
export class SecretStoreStatus extends Schema.Class<SecretStoreStatus>("SecretStoreStatus")({
  /** Where the secrets are; the path of a file. */
  location: Schema.String,
  exists: Schema.Boolean,
  /** Whether this process can read it without asking the person. */
  locked: Schema.Boolean,
  generation: Schema.Int,
  entries: Schema.Int,
  slots: Schema.Array(UnlockSlot),
  /** What keeps the key of this environment, such as `keychain (Secret Service, durable)`. */
  keySources: Schema.Array(Schema.Struct({ type: Schema.String, detail: Schema.String })),
  /** Whether an older copy of the file would be noticed. */
  rollbackDetected: Schema.Boolean,
  /** What a person should do, most urgent first. */
  advice: Schema.Array(Schema.String)
}) {}

/** The only slot cannot be removed: nothing would open the store any more. */
export class LastSlot extends Schema.TaggedError<LastSlot>()("LastSlot", {}) {
  override get message() {
    return "The last unlock slot cannot be removed: nothing would open the secret store any more"
  }
}

/** There is no slot of that id, or no source of that type here. */
export class SlotNotFound extends Schema.TaggedError<SlotNotFound>()("SlotNotFound", {
  slot: Schema.String
}) {
  override get message() {
    return `There is no unlock slot or key source "${this.slot}" here`
  }
}

/** The store takes no further slot of this kind: each makes unlocking slower. */
export class TooManySlots extends Schema.TaggedError<TooManySlots>()("TooManySlots", {
  type: Schema.String
}) {
  override get message() {
    return `The secret store has as many unlock slots of type "${this.type}" as it takes; remove one first`
  }
}

/** The file is no export of a secret store, or the recipient no age recipient. */
export class InvalidExport extends Schema.TaggedError<InvalidExport>()("InvalidExport", {
  problem: Schema.String
}) {
  override get message() {
    return `The export cannot be used: ${this.problem}`
  }
}

/** A slot to add. `Source`: one of the environment's own key sources, by type (`keychain`, `command`). */
export type NewSlot =
  | { readonly _tag: "Passphrase"; readonly passphrase: Redacted.Redacted<string> }
  | { readonly _tag: "RecoveryCode" }
  | { readonly _tag: "Source"; readonly type: string }

/** What opens an export: a passphrase, or an age identity (`AGE-SECRET-KEY-1...`). */
export type ExportKey =
  | { readonly _tag: "Passphrase"; readonly passphrase: Redacted.Redacted<string> }
  | { readonly _tag: "Identity"; readonly identity: Redacted.Redacted<string> }

/** Whom an export is for: who knows the passphrase, or the holder of an age recipient (`age1...`). */
export type ExportFor =
  | { readonly _tag: "Passphrase"; readonly passphrase: Redacted.Redacted<string> }
  | { readonly _tag: "Recipient"; readonly recipient: string }

export interface Progress {
  readonly done: number
  readonly total: number
}

export class Maintenance extends Context.Tag("effect-strata/domain/operations/Maintenance")<
  Maintenance,
  {
    /** Never asks the person. A store that cannot be read fails. */
    readonly status: Effect.Effect<SecretStoreStatus, SecretFailure>

    /** Opens the store for this process with what only the person knows. `WrongSecret` when it opens no slot. */
    readonly unlock: (
      type: "passphrase" | "recovery-code",
      secret: Redacted.Redacted<string>
    ) => Effect.Effect<void, SecretFailure>

    /**
     * Wraps the root key once more; no entry is written again. A recovery code is made here and given once. Where there
     * is no store yet it is created, by a key source of the environment, or by this slot alone when none gives a key.
     */
    readonly addSlot: (
      slot: NewSlot
    ) => Effect.Effect<
      { readonly slot: UnlockSlot; readonly recoveryCode: Option.Option<Redacted.Redacted<string>> },
      SecretFailure | SlotNotFound | TooManySlots
    >

    /** `LastSlot` also when what would be left are slots that this program cannot use. A stale slot can always go. */
    readonly removeSlot: (id: number) => Effect.Effect<void, SecretFailure | SlotNotFound | LastSlot>

    /**
     * `data-key`: new writes use a new key, then every entry is written with it. `root-key`: a new root key; slots whose
     * key is not at hand become stale. Interrupted or killed at any point it goes on where it stopped at the next call.
     */
    readonly rotate: (what: "data-key" | "root-key") => Stream.Stream<Progress, SecretFailure>

    /** Every entry, as an age file (age-encryption.org/v1). */
    readonly exportAll: (recipient: ExportFor) => Effect.Effect<Uint8Array, SecretFailure | InvalidExport>

    /** Adds the entries of an export; an entry that is there already is replaced only when `replace` says so. */
    readonly importAll: (
      file: Uint8Array,
      key: ExportKey,
      options: { readonly replace: boolean }
    ) => Effect.Effect<
      { readonly added: number; readonly replaced: number; readonly kept: number },
      SecretFailure | InvalidExport
    >

    /** Goes on with the file as it is, though it is an older copy (`RolledBack`). */
    readonly acceptRollback: Effect.Effect<void, SecretFailure>

    /** Puts the previous generation in place of a damaged file, which is kept at the path given back, if there was one. */
    readonly restorePrevious: Effect.Effect<{ readonly quarantined: Option.Option<string> }, SecretFailure>
  }
>() {}
