/**
 * Opaque tokens: 256 random bits. Only their digest is ever stored, so the database opens no session.
 */
import { Effect, Encoding, Redacted } from "effect"
import { createHash } from "node:crypto"
import type { Crypto } from "../../domain/security/Crypto.ts"

/** SHA-256 needs no salt and no stretching here: the input has full entropy. */
export const digest = (token: string): Uint8Array => createHash("sha256").update(token).digest()

export const make = (crypto: typeof Crypto.Service): Effect.Effect<Redacted.Redacted<string>> =>
  Effect.map(crypto.random(32), (bytes) => Redacted.make(Encoding.encodeBase64Url(bytes)))
