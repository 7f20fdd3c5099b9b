/**
 * Password hashing over the algorithms of an installation: one makes new hashes, all verify their own.
 */
import { Effect, Option, Redacted } from "effect"
import { timingSafeEqual } from "node:crypto"
import { InvalidPasswordHash, PasswordHashing } from "../../../domain/security/PasswordHashing.ts"
import type { HashingUnavailable, UnsupportedPasswordHash } from "../../../domain/security/PasswordHashing.ts"

/** A stored hash that was read and found affordable. */
export interface StoredHash {
  readonly hash: Uint8Array

  /** Whether a new hash of the same algorithm would be stronger. */
  readonly outdated: boolean

  /** The hash of `password` with the same salt and cost. Not interruptible: its thread goes on anyway. */
  readonly compute: (password: string) => Effect.Effect<Uint8Array, UnsupportedPasswordHash | HashingUnavailable>
}

export interface PasswordAlgorithm {
  /** As in the PHC string. */
  readonly id: string

  /** `none` when malformed or out of bounds; takes no more work than reading it. */
  readonly parse: (stored: string) => Option.Option<StoredHash>
}

export interface HashingAlgorithm extends PasswordAlgorithm {
  /** A PHC string with a fresh salt. Not interruptible. */
  readonly hash: (password: string) => Effect.Effect<string, HashingUnavailable>
}

/** NFKC so that the same password typed on another keyboard has the same bytes (NIST SP 800-63B, 5.1.1.2). */
const normalized = (password: Redacted.Redacted<string>) => Redacted.value(password).normalize("NFKC")

/** Algorithms in `others` verify only, and what they verify is to be hashed again with `current`. */
export const make = (current: HashingAlgorithm, others: ReadonlyArray<PasswordAlgorithm>) =>
  Effect.gen(function*() {
    // They share four threads with the file system.
    const atMostTwo = yield* Effect.makeSemaphore(2)

    const parse = (stored: string) =>
      Option.fromNullable([current, ...others].find(({ id }) => stored.startsWith(`$${id}$`))).pipe(
        Option.flatMap((algorithm) =>
          Option.map(algorithm.parse(stored), (found) => ({ ...found, isCurrent: algorithm === current }))
        )
      )

    return PasswordHashing.of({
      hash: (password) => Effect.suspend(() => current.hash(normalized(password))).pipe(atMostTwo.withPermits(1)),

      verify: (password, stored) =>
        Option.match(parse(stored), {
          onNone: () => new InvalidPasswordHash(),
          onSome: ({ compute, hash, isCurrent, outdated }) =>
            Effect.suspend(() => compute(normalized(password))).pipe(
              Effect.map((computed) => {
                const valid = timingSafeEqual(computed, hash)
                return { valid, needsRehash: valid && (outdated || !isCurrent) }
              }),
              atMostTwo.withPermits(1)
            )
        })
    })
  })
