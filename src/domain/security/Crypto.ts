/**
 * Cryptography per named purpose. Which keys, algorithms and rotation stand behind a purpose is hidden; what was sealed,
 * authenticated or signed for one purpose is never accepted for another. A purpose's first use creates its key.
 */
import { Context } from "effect"
import type { Effect, Redacted, Stream } from "effect"
import type { SecretFailure } from "../storage/SecretFailure.ts"
import type { CryptoFailure } from "./CryptoFailure.ts"

export class Crypto extends Context.Tag("effect-strata/domain/security/Crypto")<
  Crypto,
  {
    /**
     * Authenticated encryption (AEAD). `associatedData` is not stored and must be given again to `open`: bind the
     * ciphertext to its row or file with it.
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

    /** `seal` for data of any length, in memory that does not grow with it. The result opens with `openStream` only. */
    readonly sealStream: <E, R>(
      purpose: string,
      plaintext: Stream.Stream<Uint8Array, E, R>,
      associatedData: Uint8Array
    ) => Stream.Stream<Uint8Array, E | SecretFailure, R>

    /**
     * Gives each segment once it is authenticated. That nothing is missing is known only at the end: whoever sees the
     * stream fail has to treat everything before as void.
     */
    readonly openStream: <E, R>(
      purpose: string,
      ciphertext: Stream.Stream<Uint8Array, E, R>,
      associatedData: Uint8Array
    ) => Stream.Stream<Uint8Array, E | CryptoFailure, R>

    /** A tag that only holders of the purpose's key can make (HMAC-SHA256, RFC 2104). */
    readonly mac: (purpose: string, data: Uint8Array) => Effect.Effect<Uint8Array, SecretFailure>

    /** Whether `tag` is the one of `data`; in constant time. */
    readonly verifyMac: (purpose: string, data: Uint8Array, tag: Uint8Array) => Effect.Effect<boolean, SecretFailure>

    /** A signature (Ed25519, RFC 8032). */
    readonly sign: (purpose: string, data: Uint8Array) => Effect.Effect<Uint8Array, SecretFailure>

    /** Whether `signature` is one of `data` by any of the purpose's keys. */
    readonly verify: (
      purpose: string,
      data: Uint8Array,
      signature: Uint8Array
    ) => Effect.Effect<boolean, SecretFailure>

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
