/**
 * `PasswordHashing` with argon2id (RFC 9106), by the optional package `@node-rs/argon2`, in Node's thread pool.
 */
import { Data, Effect, Layer, Option } from "effect"
import { randomBytes } from "node:crypto"
import { HashingUnavailable, PasswordHashing } from "../../../domain/security/PasswordHashing.ts"
import * as Argon2Hash from "./Argon2Hash.ts"
import * as PasswordAlgorithm from "./PasswordAlgorithm.ts"
import * as PhcString from "./PhcString.ts"
import * as ScryptPasswordHashing from "./ScryptPasswordHashing.ts"

/** `@node-rs/argon2` is not installed, or cannot be loaded on this machine. */
export class Argon2Missing extends Data.TaggedError("Argon2Missing")<{ readonly cause: unknown }> {
  override get message() {
    return "argon2id needs the package @node-rs/argon2, which cannot be loaded"
  }
}

/** What is used of the package. Without further options it computes argon2id, version 1.3. */
export interface Argon2 {
  readonly hashRaw: (
    password: string,
    options: {
      readonly memoryCost: number
      readonly timeCost: number
      readonly parallelism: number
      readonly outputLen: number
      readonly salt: Uint8Array
    }
  ) => Promise<Uint8Array>
}

/**
 * 64 MiB and 3 passes, RFC 9106's second recommended option, with one lane instead of its four: the package computes
 * lanes one after the other, so that more of them would help attackers only.
 */
const recommended: Argon2Hash.Cost = { m: 64 * 1024, t: 3, p: 1 }

const compute = (argon2: Argon2, password: string, salt: Uint8Array, length: number, { m, p, t }: Argon2Hash.Cost) =>
  Effect.tryPromise({
    try: () => argon2.hashRaw(password, { memoryCost: m, timeCost: t, parallelism: p, outputLen: length, salt }),
    catch: () => new HashingUnavailable({ algorithm: "argon2id" })
  }).pipe(
    // The thread works on after an interruption, so its permit must not be given away before it ends.
    Effect.uninterruptible
  )

const algorithm = (argon2: Argon2, ownCost: Argon2Hash.Cost): PasswordAlgorithm.HashingAlgorithm => ({
  id: "argon2id",
  hash: (password) =>
    Effect.suspend(() => {
      const salt = randomBytes(PhcString.saltLength)
      return Effect.map(
        compute(argon2, password, salt, PhcString.hashLength, ownCost),
        (hash) => Argon2Hash.format({ cost: ownCost, salt, hash })
      )
    }),
  parse: (stored) =>
    Option.map(Argon2Hash.parse(stored), ({ cost, hash, salt }) => ({
      hash,
      outdated: cost.m < ownCost.m || Argon2Hash.work(cost) < Argon2Hash.work(ownCost)
        || PhcString.isShort(salt, hash),
      compute: (password) => compute(argon2, password, salt, hash.length, cost)
    }))
})

export interface Options {
  /** What new hashes get; verifying takes whatever the stored string says, within bounds. */
  readonly cost?: Argon2Hash.Cost | undefined
  readonly load?: (() => Promise<Argon2>) | undefined
}

export const make = ({ cost = recommended, load = () => import("@node-rs/argon2") }: Options = {}) =>
  Effect.tryPromise({ try: load, catch: (cause) => new Argon2Missing({ cause }) }).pipe(
    Effect.flatMap((argon2) => PasswordAlgorithm.make(algorithm(argon2, cost), [ScryptPasswordHashing.algorithm()]))
  )

/** A hash takes about a tenth of a second of one core and 64 MiB. Hashes of scrypt verify too, and need a new hash. */
export const layer: Layer.Layer<PasswordHashing, Argon2Missing> = Layer.effect(PasswordHashing, make())
