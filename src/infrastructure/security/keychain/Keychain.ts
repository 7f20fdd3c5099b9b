/**
 * The operating system's store for small opaque items, such as the key of the vault. Not for many or large values.
 */
import { Context, Schema } from "effect"
import type { Duration, Effect, Option, Redacted } from "effect"

/** Why there is no keychain to talk to. */
export const UnavailableReason = Schema.Literal(
  "NoSessionBus",
  "NoService",
  "NoDefaultCollection",
  "NonInteractiveSession",
  "NativeModuleMissing",
  "UnsupportedPlatform",
  "DisabledByPolicy"
)
export type UnavailableReason = typeof UnavailableReason.Type

/** What the person can do, in the order to try. Safe to print. */
const fixes = Schema.Array(Schema.String)

/** There is no keychain here. Another way to keep the secret has to be chosen by a person, never silently. */
export class KeychainUnavailable extends Schema.TaggedError<KeychainUnavailable>()("KeychainUnavailable", {
  reason: UnavailableReason,
  fixes
}) {
  override get message() {
    return `The keychain is not available (${this.reason})`
  }
}

/** The keychain is there and closed, and nobody was asked to open it. */
export class KeychainLocked extends Schema.TaggedError<KeychainLocked>()("KeychainLocked", { fixes }) {
  override get message() {
    return "The keychain is locked"
  }
}

/** The person closed the unlock dialog, or did so within the cool-down before this call. */
export class PromptDismissed extends Schema.TaggedError<PromptDismissed>()("PromptDismissed", { fixes }) {
  override get message() {
    return "The keychain's prompt was dismissed"
  }
}

/** Nobody answered the unlock dialog, or the keychain did not answer, in time. The dialog was closed. */
export class PromptTimeout extends Schema.TaggedError<PromptTimeout>()("PromptTimeout", { fixes }) {
  override get message() {
    return "The keychain gave no answer in time"
  }
}

/** The keychain is open and refuses this program. */
export class AccessDenied extends Schema.TaggedError<AccessDenied>()("AccessDenied", { fixes }) {
  override get message() {
    return "The keychain refused access"
  }
}

/** Known before anything is written. Sizes in bytes. */
export class ValueTooLarge extends Schema.TaggedError<ValueTooLarge>()("ValueTooLarge", {
  limit: Schema.Int,
  actual: Schema.Int
}) {
  override get message() {
    return `The keychain takes ${this.limit} bytes, not ${this.actual}`
  }
}

/** Several items have the name; none was read or changed. */
export class AmbiguousItem extends Schema.TaggedError<AmbiguousItem>()("AmbiguousItem", {
  matches: Schema.Int,
  fixes
}) {
  override get message() {
    return `The keychain has ${this.matches} items of that name`
  }
}

/** The item is there and is not what this program writes. It was left as it is. */
export class ItemCorrupt extends Schema.TaggedError<ItemCorrupt>()("ItemCorrupt", { fixes }) {
  override get message() {
    return "The keychain's item is not what was written"
  }
}

/** Anything else; `code` is the backend's own bounded word for it, such as a D-Bus error name. */
export class KeychainBackendError extends Schema.TaggedError<KeychainBackendError>()("KeychainBackendError", {
  backend: Schema.String,
  code: Schema.String,
  fixes
}) {
  override get message() {
    return `The keychain (${this.backend}) failed: ${this.code}`
  }
}

/** Every way reading fails. */
export type KeychainFailure =
  | KeychainUnavailable
  | KeychainLocked
  | PromptDismissed
  | PromptTimeout
  | AccessDenied
  | AmbiguousItem
  | ItemCorrupt
  | KeychainBackendError

/** `persistence`: what the items survive. `backend` names who keeps them; it never changes silently. */
export type KeychainStatus =
  | { readonly _tag: "Available"; readonly backend: string; readonly persistence: "durable" | "boot" | "process" }
  | { readonly _tag: "Locked"; readonly backend: string; readonly canPrompt: boolean }
  | { readonly _tag: "Unavailable"; readonly reason: UnavailableReason }

/** Names one item. Readable by others even while the keychain is locked: no person's name, no secret. */
export interface ItemRef {
  readonly service: string
  readonly account: string
}

export interface Access {
  /** Whether the person may be asked to unlock; the adapter's own setting when absent. */
  readonly interaction?: "allowed" | "never"

  /** The longest wait, prompt included; the adapter's own when absent (two minutes where people are asked, else 5 s). */
  readonly timeout?: Duration.DurationInput
}

export class Keychain extends Context.Tag("effect-strata/infrastructure/security/keychain/Keychain")<
  Keychain,
  {
    /** Never asks the person and never fails. */
    readonly status: Effect.Effect<KeychainStatus>

    /** `none` only for a proved absence; a locked keychain fails. Waiters for one locked keychain share one prompt. */
    readonly get: (
      item: ItemRef,
      access?: Access
    ) => Effect.Effect<Option.Option<Redacted.Redacted<Uint8Array>>, KeychainFailure>

    /** Takes up to 1 KiB everywhere, no bytes included. Last write wins. */
    readonly set: (
      item: ItemRef,
      value: Redacted.Redacted<Uint8Array>,
      access?: Access
    ) => Effect.Effect<void, KeychainFailure | ValueTooLarge>

    /** Returns whether there was something to remove. */
    readonly remove: (item: ItemRef, access?: Access) => Effect.Effect<boolean, KeychainFailure>

    /** The items of one service, sorted by account. Opens no value. */
    readonly list: (service: string, access?: Access) => Effect.Effect<ReadonlyArray<ItemRef>, KeychainFailure>

    /** Asks the person to open the keychain, whatever the adapter's own setting; done at once when it is open. */
    readonly unlock: (access?: Pick<Access, "timeout">) => Effect.Effect<void, KeychainFailure>
  }
>() {}
