/**
 * What can go wrong when signing in.
 */
import { Schema } from "effect"
import { RemoteFailure } from "../network/RemoteFailure.ts"
import { SecretFailure } from "../storage/SecretFailure.ts"

/** The backend does not know this username with this password; which of the two is wrong is not told. */
export class InvalidCredentials extends Schema.TaggedError<InvalidCredentials>()("InvalidCredentials", {}) {
  override get message() {
    return "The username or the password is wrong"
  }
}

/** Every way signing in fails: `RateLimited` after too many tries, `SecretFailure` when the session cannot be kept. */
export const AuthFailure = Schema.Union(InvalidCredentials, RemoteFailure, SecretFailure)
export type AuthFailure = typeof AuthFailure.Type
