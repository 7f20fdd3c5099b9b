/**
 * `PasswordHashing` for tests: real scrypt hashes that are cheap to guess. Never for passwords of people.
 */
import { Layer } from "effect"
import { PasswordHashing } from "../../../domain/security/PasswordHashing.ts"
import * as ScryptPasswordHashing from "./ScryptPasswordHashing.ts"

/** N = 2: the same code as `ScryptPasswordHashing` without the wait. */
export const layer: Layer.Layer<PasswordHashing> = Layer.effect(
  PasswordHashing,
  ScryptPasswordHashing.make({ ln: 1, r: 1, p: 1 })
)
