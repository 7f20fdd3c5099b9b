/**
 * What can go wrong with keysets. No field says anything about key material.
 */
import { Schema } from "effect"

/** A key is of a type, or has parameters, that this version does not know; or it is for another primitive. */
export class UnsupportedKey extends Schema.TaggedError<UnsupportedKey>()("UnsupportedKey", {
  /** A primitive's name or Tink's type URL. */
  found: Schema.String
}) {
  override get message() {
    return `The key is not one this version can use for that (${this.found})`
  }
}

/** The bytes are not a keyset: malformed, without a primary that is enabled, or with keys of several primitives. */
export class InvalidKeyset extends Schema.TaggedError<InvalidKeyset>()("InvalidKeyset", {}) {
  override get message() {
    return "The data is not a valid keyset"
  }
}

/** The change would leave a keyset that cannot seal, or brings back what is gone. */
export class KeyChangeRefused extends Schema.TaggedError<KeyChangeRefused>()("KeyChangeRefused", {
  id: Schema.Number,
  reason: Schema.Literal("NotFound", "NotEnabled", "Destroyed", "Primary")
}) {
  override get message() {
    return `Key ${this.id} cannot be changed that way (${this.reason})`
  }
}

/** The key has sealed as many messages as is safe. Introduce a new one and promote it. */
export class KeyExhausted extends Schema.TaggedError<KeyExhausted>()("KeyExhausted", {
  id: Schema.Number
}) {
  override get message() {
    return `Key ${this.id} has sealed as many messages as is safe`
  }
}
