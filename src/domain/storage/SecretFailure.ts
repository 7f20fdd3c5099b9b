/**
 * What can go wrong with secrets. Absent (`Option.none`), unreadable now, unreadable for ever and tampered are four
 * different results, and none of them deletes anything.
 */
import { Schema } from "effect"
import { StorageFailure } from "./StorageFailure.ts"

/** The store is there but its key is not available now. `fixes` say what the person can do. */
export class Locked extends Schema.TaggedError<Locked>()("Locked", {
  fixes: Schema.Array(Schema.String)
}) {
  override get message() {
    return `The secret store is locked${this.fixes.length === 0 ? "" : `: ${this.fixes.join("; or ")}`}`
  }
}

/** The key, passphrase or code given does not open the store. Nothing was changed. */
export class WrongSecret extends Schema.TaggedError<WrongSecret>()("WrongSecret", {
  slot: Schema.String
}) {
  override get message() {
    return `The secret given for "${this.slot}" does not open the secret store`
  }
}

/**
 * The key that sealed this is not where it was kept; the sealed data is. A key in the keychain is kept under the path of
 * the store, so a store that was moved finds it again when it is moved back.
 */
export class KeyLost extends Schema.TaggedError<KeyLost>()("KeyLost", {}) {
  override get message() {
    return "The key of the secret store is gone, or the store was moved; what it sealed is kept but cannot be read"
  }
}

/** Authentication failed: the content is not what was written. It is kept as it is. */
export class Tampered extends Schema.TaggedError<Tampered>()("Tampered", {
  what: Schema.String
}) {
  override get message() {
    return `The ${this.what} is not what was written; it was left untouched`
  }
}

/** An older copy of the store was put in place of the current one. */
export class RolledBack extends Schema.TaggedError<RolledBack>()("RolledBack", {}) {
  override get message() {
    return "The secret store is an older copy than the one last written"
  }
}

/** Every way secrets fail. */
export const SecretFailure = Schema.Union(Locked, WrongSecret, KeyLost, Tampered, RolledBack, StorageFailure)
export type SecretFailure = typeof SecretFailure.Type
