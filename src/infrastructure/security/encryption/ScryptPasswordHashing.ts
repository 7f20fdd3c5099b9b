/**
 * `PasswordHashing` with scrypt (RFC 7914), in Node's thread pool.
 */
import { Effect, Layer, Option } from "effect"
import * as Crypto from "node:crypto"
import type { ScryptOptions } from "node:crypto"
import {
  HashingUnavailable,
  PasswordHashing,
  UnsupportedPasswordHash
} from "../../../domain/security/PasswordHashing.ts"
import * as Argon2Hash from "./Argon2Hash.ts"
import * as PasswordAlgorithm from "./PasswordAlgorithm.ts"
import * as PhcString from "./PhcString.ts"
import * as ScryptHash from "./ScryptHash.ts"

/**
 * N = 2^14, r = 8, p = 5: the setting of the OWASP Password Storage Cheat Sheet that needs 16 MiB. Its other settings
 * cost an attacker the same time and us up to 128 MiB per login.
 */
const recommended: ScryptHash.Cost = { ln: 14, r: 8, p: 5 }

/** What is used of `node:crypto`. */
export type Scrypt = (
  password: string,
  salt: Uint8Array,
  length: number,
  options: ScryptOptions,
  done: (error: Error | null, hash: Uint8Array) => void
) => void

const compute = (scrypt: Scrypt, password: string, salt: Uint8Array, length: number, cost: ScryptHash.Cost) =>
  Effect.async<Uint8Array, HashingUnavailable>((resume) => {
    const { ln, p, r } = cost
    const N = 2 ** ln
    // One block more than OpenSSL counts, so that it never refuses what `ScryptHash` let through.
    const options = { N, r, p, maxmem: 128 * r * (N + p + 3) }
    scrypt(
      password,
      salt,
      length,
      options,
      (error, hash) => resume(error === null ? Effect.succeed(hash) : new HashingUnavailable({ algorithm: "scrypt" }))
    )
  }).pipe(
    // The thread works on after an interruption, so its permit must not be given away before it ends.
    Effect.uninterruptible
  )

/** `ownCost` is what new hashes get. */
export const algorithm = (
  ownCost: ScryptHash.Cost = recommended,
  scrypt: Scrypt = Crypto.scrypt
): PasswordAlgorithm.HashingAlgorithm => ({
  id: "scrypt",
  hash: (password) =>
    Effect.suspend(() => {
      const salt = Crypto.randomBytes(PhcString.saltLength)
      return Effect.map(
        compute(scrypt, password, salt, PhcString.hashLength, ownCost),
        (hash) => ScryptHash.format({ cost: ownCost, salt, hash })
      )
    }),
  parse: (stored) =>
    Option.map(ScryptHash.parse(stored), ({ cost, hash, salt }) => ({
      hash,
      outdated: ScryptHash.memory(cost) < ScryptHash.memory(ownCost)
        || ScryptHash.work(cost) < ScryptHash.work(ownCost)
        || PhcString.isShort(salt, hash),
      compute: (password) => compute(scrypt, password, salt, hash.length, cost)
    }))
})

/** Knows argon2id hashes as such, so that nobody takes them for damaged. */
const withoutArgon2: PasswordAlgorithm.PasswordAlgorithm = {
  id: "argon2id",
  parse: (stored) =>
    Option.map(Argon2Hash.parse(stored), ({ hash }) => ({
      hash,
      outdated: false,
      compute: () => new UnsupportedPasswordHash({ algorithm: "argon2id" })
    }))
}

/** Verifying takes whatever cost the stored string says, within bounds. */
export const make = (ownCost?: ScryptHash.Cost, scrypt?: Scrypt) =>
  PasswordAlgorithm.make(algorithm(ownCost, scrypt), [withoutArgon2])

/** A hash takes a few hundred milliseconds of one core and 16 MiB. Hashes of argon2id are `UnsupportedPasswordHash`. */
export const layer: Layer.Layer<PasswordHashing> = Layer.effect(PasswordHashing, make())
