/**
 * `PasswordHashing` with scrypt (RFC 7914), in Node's thread pool.
 */
import { Effect, Layer, Option, Redacted } from "effect"
import { randomBytes, scrypt, timingSafeEqual } from "node:crypto"
import { InvalidPasswordHash, PasswordHashing } from "../../../domain/security/PasswordHashing.ts"
import * as ScryptHash from "./ScryptHash.ts"

const saltLength = 16
const hashLength = 32

/**
 * N = 2^14, r = 8, p = 5: the setting of the OWASP Password Storage Cheat Sheet that needs 16 MiB. Its other settings
 * cost an attacker the same time and us up to 128 MiB per login.
 */
const recommended: ScryptHash.Cost = { ln: 14, r: 8, p: 5 }

const compute = (password: Redacted.Redacted<string>, salt: Uint8Array, length: number, cost: ScryptHash.Cost) =>
  Effect.async<Uint8Array>((resume) => {
    const { ln, p, r } = cost
    const N = 2 ** ln
    // One block more than OpenSSL counts, so that it never refuses what `ScryptHash` let through.
    const options = { N, r, p, maxmem: 128 * r * (N + p + 3) }
    // NFKC so that the same password typed on another keyboard has the same bytes (NIST SP 800-63B, 5.1.1.2).
    scrypt(
      Redacted.value(password).normalize("NFKC"),
      salt,
      length,
      options,
      (error, hash) => resume(error === null ? Effect.succeed(hash) : Effect.die(error))
    )
  }).pipe(
    // The thread works on after an interruption, so its permit must not be given away before it ends.
    Effect.uninterruptible
  )

/** `ownCost` is what new hashes get; verifying takes whatever the stored string says, within bounds. */
export const make = (ownCost: ScryptHash.Cost) =>
  Effect.gen(function*() {
    const atMostTwo = yield* Effect.makeSemaphore(2)

    return PasswordHashing.of({
      hash: (password) =>
        Effect.suspend(() => {
          const salt = randomBytes(saltLength)
          return Effect.map(
            compute(password, salt, hashLength, ownCost),
            (hash) => ScryptHash.format({ cost: ownCost, salt, hash })
          )
        }).pipe(atMostTwo.withPermits(1)),

      verify: (password, stored) =>
        Option.match(ScryptHash.parse(stored), {
          onNone: () => new InvalidPasswordHash(),
          onSome: ({ cost, hash, salt }) =>
            compute(password, salt, hash.length, cost).pipe(
              Effect.map((computed) => timingSafeEqual(computed, hash)),
              atMostTwo.withPermits(1)
            )
        })
    })
  })

/** A hash takes a few hundred milliseconds of one core and 16 MiB. */
export const layer: Layer.Layer<PasswordHashing> = Layer.effect(PasswordHashing, make(recommended))
