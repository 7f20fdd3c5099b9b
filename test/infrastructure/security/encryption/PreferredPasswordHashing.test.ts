import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Redacted } from "effect"
import { setImmediate } from "node:timers/promises"
import { PasswordHashing } from "../../../../src/domain/security/PasswordHashing.ts"
import * as PreferredPasswordHashing from "../../../../src/infrastructure/security/encryption/PreferredPasswordHashing.ts"
import * as PasswordHashingContract from "../../../../src/testing/contract/PasswordHashingContract.ts"
import { suite } from "../../../../src/testing/vitest.ts"

const password = Redacted.make("password")
const missing = { load: () => Promise.reject(new Error("not installed")) }

describe("PreferredPasswordHashing", () => {
  it.effect("hashes with argon2id where its package is installed", () =>
    Effect.gen(function*() {
      const hashing = yield* PasswordHashing
      assert.match(yield* hashing.hash(password), /^\$argon2id\$/)
    }).pipe(Effect.provide(PreferredPasswordHashing.layer)))

  it.effect("hashes with scrypt where it is not", () =>
    Effect.gen(function*() {
      const hashing = yield* PreferredPasswordHashing.make(missing)
      assert.match(yield* hashing.hash(password), /^\$scrypt\$/)
    }))

  it.effect("takes over hashes of scrypt once the package is installed; without it, argon2id is a typed failure", () =>
    Effect.gen(function*() {
      const before = yield* PreferredPasswordHashing.make(missing)
      const after = yield* PreferredPasswordHashing.make({ cost: { m: 64, t: 1, p: 1 } })
      const verified = yield* after.verify(password, yield* before.hash(password))
      assert.deepStrictEqual(verified, { valid: true, needsRehash: true })
      const failure = yield* Effect.flip(before.verify(password, yield* after.hash(password)))
      assert.strictEqual(failure._tag, "UnsupportedPasswordHash")
    }))

  it.effect("looks for the package once, and not before it is needed", () =>
    Effect.gen(function*() {
      let loads = 0
      const hashing = yield* PreferredPasswordHashing.make({
        load: () => {
          loads += 1
          return Promise.resolve({ hashRaw: (_, { outputLen }) => Promise.resolve(new Uint8Array(outputLen)) })
        }
      })
      assert.strictEqual(loads, 0)
      yield* Effect.all([hashing.hash(password), hashing.hash(password)], { concurrency: 2 })
      assert.strictEqual(loads, 1)
    }))

  it.effect("an interruption of whoever comes first leaves it usable", () =>
    Effect.gen(function*() {
      const hashing = yield* PreferredPasswordHashing.make({ load: () => setImmediate().then(missing.load) })
      const first = yield* Effect.fork(hashing.hash(password))
      yield* Effect.yieldNow()
      assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(first)))
      assert.match(yield* hashing.hash(password), /^\$scrypt\$/)
    }))
})

/** The contract's behaviour does not depend on the cost, its duration does. */
const affordable = Layer.effect(PasswordHashing, PreferredPasswordHashing.make({ cost: { m: 64, t: 1, p: 1 } }))

suite(PasswordHashingContract.contract, "preferred", affordable)

const withoutMemory = Layer.effect(
  PasswordHashing,
  PreferredPasswordHashing.make({
    load: () => Promise.resolve({ hashRaw: () => Promise.reject(new Error("memory allocation error")) })
  })
)

suite(
  PasswordHashingContract.unavailableContract(
    "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
  ),
  "preferred",
  withoutMemory
)
