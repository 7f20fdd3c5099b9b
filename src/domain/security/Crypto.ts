/**
 * Encryption per named purpose. Which keys, algorithms and rotation stand behind a purpose is hidden; data sealed for
 * one purpose never opens for another.
 */
import { Context } from "effect"
import type { Effect, Redacted } from "effect"
import type { SecretFailure } from "../storage/SecretFailure.ts"
import type { CryptoFailure } from "./CryptoFailure.ts"

export class Crypto extends Context.Tag("effect-strata/domain/security/Crypto")<
  Crypto,
  {
    /**
     * Authenticated encryption (AEAD). `associatedData` is not stored and must be given again to `open`: bind the
     * ciphertext to its row or file with it. The purpose's first use creates its key.
     */
    readonly seal: (
      purpose: string,
      plaintext: Uint8Array,
      associatedData: Uint8Array
    ) => Effect.Effect<Uint8Array, SecretFailure>

    readonly open: (
      purpose: string,
      ciphertext: Uint8Array,
      associatedData: Uint8Array
    ) => Effect.Effect<Uint8Array, CryptoFailure>

    /** A key of `length` bytes (at most 8160) for `info`, the same at every call and on every restart (HKDF-SHA256, RFC 5869). */
    readonly derive: (
      purpose: string,
      info: Uint8Array,
      length: number
    ) => Effect.Effect<Redacted.Redacted<Uint8Array>, SecretFailure>

    /** Bytes from the operating system's generator. */
    readonly random: (length: number) => Effect.Effect<Uint8Array>
  }
>() {}
