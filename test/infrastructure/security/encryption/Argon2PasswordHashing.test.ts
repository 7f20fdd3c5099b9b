import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Redacted } from "effect"
import { EventEmitter, once } from "node:events"
import { PasswordHashing } from "../../../../src/domain/security/PasswordHashing.ts"
import * as Argon2PasswordHashing from "../../../../src/infrastructure/security/encryption/Argon2PasswordHashing.ts"
import * as MemoryPasswordHashing from "../../../../src/infrastructure/security/encryption/MemoryPasswordHashing.ts"
import * as PasswordHashingContract from "../../../../src/testing/contract/PasswordHashingContract.ts"
import { suite } from "../../../../src/testing/vitest.ts"

const cheap = { m: 64, t: 1, p: 1 }

const password = Redacted.make("password")

/**
 * From the test program of the reference implementation (version 0x13, argon2id). The vector of RFC 9106 itself has a
 * key and associated data, which stored password hashes do not have.
 */
const published = [
  ["password", "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"],
  ["password", "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"],
  ["password", "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc"],
  ["password", "$argon2id$v=19$m=65536,t=1,p=1$c29tZXNhbHQ$9qWtwbpyPd3vm1rB1GThgPzZ3/ydHL92zKL+15XZypg"],
  ["differentpassword", "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$C4TWUs9rDEvq7w3+J4umqA32aWKB1+DSiRuBfYxFj94"],
  ["password", "$argon2id$v=19$m=65536,t=2,p=1$ZGlmZnNhbHQ$vfMrBczELrFdWP0ZsfhWsRPaHppYdP3MVEMIVlqoFBw"]
] as const

const stored = (cost: string, salt = "c29tZXNhbHQ", version = "v=19") =>
  `$argon2id$${version}$${cost}$${salt}$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4`

const valid = { valid: true, needsRehash: false }
const outdated = { valid: true, needsRehash: true }
const wrong = { valid: false, needsRehash: false }

describe("Argon2PasswordHashing", () => {
  it.effect("hashes with 64 MiB in 3 passes, and verifies that", () =>
    Effect.gen(function*() {
      const hashing = yield* PasswordHashing
      const hash = yield* hashing.hash(password)
      assert.match(hash, /^\$argon2id\$v=19\$m=65536,t=3,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
      assert.deepStrictEqual(yield* hashing.verify(password, hash), valid)
      assert.deepStrictEqual(yield* hashing.verify(Redacted.make("passwords"), hash), wrong)
    }).pipe(Effect.provide(Argon2PasswordHashing.layer)))

  it.effect("verifies the six vectors of the reference implementation, which are weaker than its own hashes", () =>
    Effect.gen(function*() {
      const hashing = yield* PasswordHashing
      assert.lengthOf(published, 6)
      for (const [text, hash] of published) {
        assert.deepStrictEqual(yield* hashing.verify(Redacted.make(text), hash), outdated, hash)
      }
      assert.deepStrictEqual(yield* hashing.verify(Redacted.make("password!"), published[1][1]), wrong)
    }).pipe(Effect.provide(Argon2PasswordHashing.layer)))

  it.effect("verifies hashes of scrypt and wants them hashed again", () =>
    Effect.gen(function*() {
      const hash = yield* Effect.flatMap(PasswordHashing, (scrypt) => scrypt.hash(password)).pipe(
        Effect.provide(MemoryPasswordHashing.layer)
      )
      const hashing = yield* Argon2PasswordHashing.make({ cost: cheap })
      assert.deepStrictEqual(yield* hashing.verify(password, hash), outdated)
      assert.deepStrictEqual(yield* hashing.verify(Redacted.make("other"), hash), wrong)
    }))

  it.effect("wants what is weaker than its own hashes hashed again, and nothing else", () =>
    Effect.gen(function*() {
      const hashOf = (cost: typeof cheap) =>
        Effect.flatMap(Argon2PasswordHashing.make({ cost }), (hashing) => hashing.hash(password))
      const hashing = yield* Argon2PasswordHashing.make({ cost: { m: 128, t: 2, p: 1 } })
      for (const cost of [{ m: 64, t: 4, p: 1 }, { m: 128, t: 1, p: 1 }, { m: 127, t: 9, p: 1 }]) {
        assert.deepStrictEqual(yield* hashing.verify(password, yield* hashOf(cost)), outdated, JSON.stringify(cost))
      }
      for (const cost of [{ m: 128, t: 2, p: 1 }, { m: 256, t: 1, p: 1 }, { m: 128, t: 2, p: 4 }]) {
        assert.deepStrictEqual(yield* hashing.verify(password, yield* hashOf(cost)), valid, JSON.stringify(cost))
      }
    }))

  it.effect("computes nothing for costs out of bounds and strings that are not canonical", () =>
    Effect.gen(function*() {
      let computed = 0
      const hashing = yield* Argon2PasswordHashing.make({
        load: () =>
          Promise.resolve({
            hashRaw: (_, { outputLen }) => {
              computed += 1
              return Promise.resolve(new Uint8Array(outputLen))
            }
          })
      })
      const refused = [
        stored("m=262145,t=1,p=1"),
        stored("m=262144,t=5,p=1"),
        stored("m=1048576,t=1,p=1"),
        stored("m=4294967295,t=1,p=1"),
        stored("m=64,t=11,p=1"),
        stored("m=64,t=0,p=1"),
        stored("m=64,t=1,p=5"),
        stored("m=31,t=1,p=4"),
        stored("m=064,t=1,p=1"),
        stored("t=1,m=64,p=1"),
        stored("m=64,t=1,p=1,keyid=AAAA"),
        stored("m=64,t=1,p=1", "c2FsdA"),
        stored("m=64,t=1,p=1", "c29tZXNhbHR"),
        stored("m=64,t=1,p=1", "A".repeat(120)),
        stored("m=64,t=1,p=1", undefined, "v=16"),
        `${stored("m=64,t=1,p=1")}\n`,
        stored("m=64,t=1,p=1").replace("argon2id", "argon2i")
      ]
      for (const text of refused) {
        assert.strictEqual((yield* Effect.flip(hashing.verify(password, text)))._tag, "InvalidPasswordHash", text)
      }
      assert.strictEqual(computed, 0)
      for (const cost of ["m=262144,t=4,p=4", "m=104857,t=10,p=1", "m=32,t=1,p=4"]) {
        yield* hashing.verify(password, stored(cost))
      }
      assert.strictEqual(computed, 3)
    }))

  it.effect("runs two hashes at once and no more, and lets none go that was started", () =>
    Effect.gen(function*() {
      const finished = new EventEmitter()
      let started = 0
      const hashing = yield* Argon2PasswordHashing.make({
        load: () =>
          Promise.resolve({
            hashRaw: (_, { outputLen }) => {
              started += 1
              return once(finished, `${started}`).then(() => new Uint8Array(outputLen))
            }
          })
      })
      const turns = Effect.repeatN(Effect.yieldNow(), 20)
      const [first, second, third, fourth] = yield* Effect.all([
        Effect.fork(hashing.hash(password)),
        Effect.fork(hashing.hash(password)),
        Effect.fork(hashing.hash(password)),
        Effect.fork(hashing.hash(password))
      ])
      yield* turns
      assert.strictEqual(started, 2)
      const interrupted = yield* Effect.fork(Fiber.interruptAll([first, third]))
      yield* turns
      assert.strictEqual(started, 2, "the thread of an interrupted caller was given away")
      finished.emit("1")
      finished.emit("2")
      yield* Fiber.join(interrupted)
      assert.isTrue(Exit.isSuccess(yield* Fiber.await(second)))
      yield* turns
      assert.strictEqual(started, 3, "a caller that was interrupted in the queue was served")
      finished.emit("3")
      assert.isTrue(Exit.isInterrupted(yield* Fiber.await(third)))
      assert.isTrue(Exit.isSuccess(yield* Fiber.await(fourth)))
    }))

  it.effect("fails with a type when its package is missing", () =>
    Effect.gen(function*() {
      const cause = { code: "ERR_MODULE_NOT_FOUND" }
      const failure = yield* Effect.flip(Argon2PasswordHashing.make({ load: () => Promise.reject(cause) }))
      assert.deepStrictEqual(failure, new Argon2PasswordHashing.Argon2Missing({ cause }))
    }))
})

/** The contract's behaviour does not depend on the cost, its duration does. */
const affordable = Layer.effect(PasswordHashing, Argon2PasswordHashing.make({ cost: cheap }))

suite(PasswordHashingContract.contract, "argon2", affordable)

const withoutMemory = Layer.effect(
  PasswordHashing,
  Argon2PasswordHashing.make({
    load: () => Promise.resolve({ hashRaw: () => Promise.reject(new Error("memory allocation error")) })
  })
)

suite(PasswordHashingContract.unavailableContract(published[0][1]), "argon2", withoutMemory)
