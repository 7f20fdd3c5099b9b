/**
 * `PasswordHashing` with scrypt (RFC 7914), in Node's thread pool.
 */
import { Effect, Layer, Option } from "effect"
import { randomBytes } from "node:crypto"
import {
  HashingUnavailable,
  PasswordHashing,
  UnsupportedPasswordHash
} from "../../../domain/security/PasswordHashing.ts"
import * as Argon2Hash from "./Argon2Hash.ts"
import * as PasswordAlgorithm from "./PasswordAlgorithm.ts"
import * as PhcString from "./PhcString.ts"
import * as Scrypt from "./Scrypt.ts"
import * as ScryptHash from "./ScryptHash.ts"

/**
 * N = 2^14, r = 8, p = 5: the setting of the OWASP Password Storage Cheat Sheet that needs 16 MiB. Its other settings
 * cost an attacker the same time and us up to 128 MiB per login.
 */
const recommended: Scrypt.Cost = { ln: 14, r: 8, p: 5 }

type Derive = typeof Scrypt.derive

const compute = (derive: Derive, password: string, salt: Uint8Array, length: number, cost: Scrypt.Cost) =>
  Effect.tryPromise({
    try: () => derive(password, salt, length, cost),
    catch: () => new HashingUnavailable({ algorithm: "scrypt" })
  }).pipe(
    // The thread works on after an interruption, so its permit must not be given away before it ends.
    Effect.uninterruptible
  )

/** `ownCost` is what new hashes get. */
export const algorithm = (
  ownCost: Scrypt.Cost = recommended,
  derive: Derive = Scrypt.derive
): PasswordAlgorithm.HashingAlgorithm => ({
  id: "scrypt",
  hash: (password) =>
    Effect.suspend(() => {
      const salt = randomBytes(PhcString.saltLength)
      return Effect.map(
        compute(derive, password, salt, PhcString.hashLength, ownCost),
        (hash) => ScryptHash.format({ cost: ownCost, salt, hash })
      )
    }),
  parse: (stored) =>
    Option.map(ScryptHash.parse(stored), ({ cost, hash, salt }) => ({
      hash,
      outdated: ScryptHash.memory(cost) < ScryptHash.memory(ownCost)
        || ScryptHash.work(cost) < ScryptHash.work(ownCost)
        || PhcString.isShort(salt, hash),
      compute: (password) => compute(derive, password, salt, hash.length, cost)
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
export const make = (ownCost?: Scrypt.Cost, derive?: Derive) =>
  PasswordAlgorithm.make(algorithm(ownCost, derive), [withoutArgon2])

/** A hash takes a few hundred milliseconds of one core and 16 MiB. Hashes of argon2id are `UnsupportedPasswordHash`. */
export const layer: Layer.Layer<PasswordHashing> = Layer.effect(PasswordHashing, make())
