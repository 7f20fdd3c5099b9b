/**
 * What can go wrong with sealed data. Why a ciphertext does not open is deliberately not told.
 */
import { Schema } from "effect"
import { SecretFailure } from "../storage/SecretFailure.ts"

/** The ciphertext was not sealed for this purpose and associated data by a key we hold, or was changed since. */
export class DecryptionFailed extends Schema.TaggedError<DecryptionFailed>()("DecryptionFailed", {}) {
  override get message() {
    return "The data cannot be decrypted"
  }
}

/** Every way opening sealed data fails. */
export const CryptoFailure = Schema.Union(DecryptionFailed, SecretFailure)
export type CryptoFailure = typeof CryptoFailure.Type
