/**
 * The operating system's store for small opaque items, such as the key of the vault. Not for many or large values.
 */
import { Context, Schema } from "effect"
import type { Effect, Option, Redacted } from "effect"

/** Why there is no keychain to talk to. */
export const UnavailableReason = Schema.Literal(
  "NoSessionBus",
  "NoService",
  "NoDefaultCollection",
  "NonInteractiveSession",
  "UnsupportedPlatform",
  "DisabledByPolicy"
)
export type UnavailableReason = typeof UnavailableReason.Type

/** There is no keychain here. Another way to keep the secret has to be chosen by a person, never silently. */
export class KeychainUnavailable extends Schema.TaggedError<KeychainUnavailable>()("KeychainUnavailable", {
  reason: UnavailableReason,
  fixes: Schema.Array(Schema.String)
}) {
  override get message() {
    return `The keychain is not available (${this.reason})`
  }
}

/** The keychain is there and closed, and nobody was asked to open it. */
export class KeychainLocked extends Schema.TaggedError<KeychainLocked>()("KeychainLocked", {
  fixes: Schema.Array(Schema.String)
}) {
  override get message() {
    return "The keychain is locked"
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

export type KeychainFailure = KeychainUnavailable | KeychainLocked

/** `persistence`: what the items survive. `backend` names who keeps them; it never changes silently. */
export type KeychainStatus =
  | { readonly _tag: "Available"; readonly backend: string; readonly persistence: "durable" | "boot" | "process" }
  | { readonly _tag: "Locked"; readonly canPrompt: boolean }
  | { readonly _tag: "Unavailable"; readonly reason: UnavailableReason }

/** Names one item. Readable by others even while the keychain is locked: no person's name, no secret. */
export interface ItemRef {
  readonly service: string
  readonly account: string
}

export class Keychain extends Context.Tag("effect-strata/infrastructure/security/keychain/Keychain")<
  Keychain,
  {
    /** Never asks the person and never fails. */
    readonly status: Effect.Effect<KeychainStatus>

    /** `none` only for a proved absence; a locked keychain fails. */
    readonly get: (item: ItemRef) => Effect.Effect<Option.Option<Redacted.Redacted<Uint8Array>>, KeychainFailure>

    /** Takes up to 1 KiB everywhere. */
    readonly set: (
      item: ItemRef,
      value: Redacted.Redacted<Uint8Array>
    ) => Effect.Effect<void, KeychainFailure | ValueTooLarge>

    /** Returns whether there was something to remove. */
    readonly remove: (item: ItemRef) => Effect.Effect<boolean, KeychainFailure>
  }
>() {}
