/**
 * Slow, salted hashes of passwords, as PHC strings.
 */
import { Context, Schema } from "effect"
import type { Effect, Redacted } from "effect"

/** The stored string is not a PHC string we know, or its cost is outside what we are willing to compute. */
export class InvalidPasswordHash extends Schema.TaggedError<InvalidPasswordHash>()("InvalidPasswordHash", {}) {
  override get message() {
    return "The stored password hash is malformed, or its cost is out of bounds"
  }
}

/** The stored hash is well-formed, and this installation lacks what computes it: install that, or reset the password. */
export class UnsupportedPasswordHash extends Schema.TaggedError<UnsupportedPasswordHash>()("UnsupportedPasswordHash", {
  algorithm: Schema.String
}) {
  override get message() {
    return `This installation cannot compute password hashes of ${this.algorithm}`
  }
}

/**
 * The hash cannot be computed now: there is too little memory, or what computes it failed. Try again later. It says
 * nothing about the password.
 */
export class HashingUnavailable extends Schema.TaggedError<HashingUnavailable>()("HashingUnavailable", {
  algorithm: Schema.String
}) {
  override get message() {
    return `No password hash of ${this.algorithm} can be computed now: try again when less memory is in use`
  }
}

export interface Verification {
  readonly valid: boolean

  /** The password is right and its stored hash is weaker than a new one would be: hash it again and store that. */
  readonly needsRehash: boolean
}

export class PasswordHashing extends Context.Tag("effect-strata/domain/security/PasswordHashing")<
  PasswordHashing,
  {
    /** A PHC string with a fresh salt. Takes a few hundred milliseconds on purpose; at most two run at once. */
    readonly hash: (password: Redacted.Redacted<string>) => Effect.Effect<string, HashingUnavailable>

    /** Constant-time comparison. Cost parameters are checked before any work is done. */
    readonly verify: (
      password: Redacted.Redacted<string>,
      hash: string
    ) => Effect.Effect<Verification, InvalidPasswordHash | UnsupportedPasswordHash | HashingUnavailable>
  }
>() {}
