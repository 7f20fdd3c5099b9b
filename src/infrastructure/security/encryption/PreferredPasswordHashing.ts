/**
 * `PasswordHashing` with the best algorithm of this installation: argon2id where its package is installed, else scrypt.
 */
import { Effect, Layer } from "effect"
import { computeOnce } from "../../../domain/operations/ComputeOnce.ts"
import { PasswordHashing } from "../../../domain/security/PasswordHashing.ts"
import * as Argon2PasswordHashing from "./Argon2PasswordHashing.ts"
import * as ScryptPasswordHashing from "./ScryptPasswordHashing.ts"

export const make = (options?: Argon2PasswordHashing.Options) =>
  Effect.gen(function*() {
    const preferred = yield* computeOnce(
      Effect.orElse(Argon2PasswordHashing.make(options), () => ScryptPasswordHashing.make())
    )
    return PasswordHashing.of({
      hash: (password) => Effect.flatMap(preferred, (hashing) => hashing.hash(password)),
      verify: (password, stored) => Effect.flatMap(preferred, (hashing) => hashing.verify(password, stored))
    })
  })

/** Looks for the package at the first use. Where it is missing, hashes of argon2id are `UnsupportedPasswordHash`. */
export const layer: Layer.Layer<PasswordHashing> = Layer.effect(PasswordHashing, make())
