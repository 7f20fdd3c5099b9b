import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Redacted } from "effect"
import { PasswordHashing } from "../../../../src/domain/security/PasswordHashing.ts"
import * as ScryptPasswordHashing from "../../../../src/infrastructure/security/encryption/ScryptPasswordHashing.ts"
import * as PasswordHashingContract from "../../../../src/testing/contract/PasswordHashingContract.ts"
import { suite } from "../../../../src/testing/vitest.ts"

const pleaseletmein = Redacted.make("pleaseletmein")

/** RFC 7914, section 12, third vector, as a PHC string. */
const published = "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$"
  + "cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw"

describe("ScryptPasswordHashing", () => {
  it.effect("hashes at OWASP's cost, whose strings it verifies", () =>
    Effect.gen(function*() {
      const hashing = yield* PasswordHashing
      const hash = yield* hashing.hash(pleaseletmein)
      assert.match(hash, /^\$scrypt\$ln=14,r=8,p=5\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
      assert.isTrue(yield* hashing.verify(pleaseletmein, hash))
      assert.isFalse(yield* hashing.verify(Redacted.make("pleaseletmeout"), hash))
    }).pipe(Effect.provide(ScryptPasswordHashing.layer)))

  it.effect("verifies the vector of RFC 7914", () =>
    Effect.gen(function*() {
      const hashing = yield* PasswordHashing
      assert.isTrue(yield* hashing.verify(pleaseletmein, published))
      assert.isFalse(
        yield* hashing.verify(
          pleaseletmein,
          published.replace("cCO9", "aCO9")
        )
      )
    }).pipe(Effect.provide(ScryptPasswordHashing.layer)))

  it.effect("takes a password in composed and in decomposed form", () =>
    Effect.gen(function*() {
      const hashing = yield* ScryptPasswordHashing.make({ ln: 1, r: 1, p: 1 })
      const hash = yield* hashing.hash(Redacted.make("pa\u00dfw\u00f6rt"))
      assert.isTrue(yield* hashing.verify(Redacted.make("pa\u00dfwo\u0308rt"), hash))
    }))

  it.effect("computes every cost it lets through, up to the bounds", () =>
    Effect.gen(function*() {
      const hashing = yield* ScryptPasswordHashing.make({ ln: 1, r: 1, p: 1 })
      for (const cost of ["ln=1,r=99,p=99", "ln=17,r=8,p=1"]) {
        const stored = `$scrypt$${cost}$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA`
        assert.isFalse(yield* hashing.verify(pleaseletmein, stored), cost)
      }
      for (const cost of ["ln=18,r=8,p=1", "ln=16,r=1,p=1", "ln=17,r=8,p=3"]) {
        const above = `$scrypt$${cost}$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA`
        assert.strictEqual((yield* Effect.flip(hashing.verify(pleaseletmein, above)))._tag, "InvalidPasswordHash", cost)
      }
    }))

  it.effect("refuses base64 that is not canonical, short salts and short hashes", () =>
    Effect.gen(function*() {
      const hashing = yield* ScryptPasswordHashing.make({ ln: 1, r: 1, p: 1 })
      const hash = yield* hashing.hash(pleaseletmein)
      const [, , cost = "", salt = "", digest = ""] = hash.split("$")
      const broken = [
        `$scrypt$${cost}$${salt}=$${digest}`,
        `$scrypt$${cost}$c2FsdA$${digest}`,
        `$scrypt$${cost}$${salt}$aGFzaA`,
        `$scrypt$${cost}$c2FsdHNhbHRzYWx0c2E5$${digest.slice(0, -1)}9`,
        `$scrypt$${cost}$${salt}$${digest}$`,
        ` ${hash}`,
        `${hash}\n`,
        `$scrypt$${cost}$${salt}$${digest}${"A".repeat(300)}`
      ]
      for (const text of broken) {
        assert.strictEqual((yield* Effect.flip(hashing.verify(pleaseletmein, text)))._tag, "InvalidPasswordHash", text)
      }
    }))

  it.effect("an interrupted caller still waits for the thread it occupies, and others go on", () =>
    Effect.gen(function*() {
      const hashing = yield* ScryptPasswordHashing.make({ ln: 12, r: 8, p: 1 })
      const first = yield* Effect.fork(hashing.hash(pleaseletmein))
      yield* Effect.yieldNow()
      const exit = yield* Fiber.interrupt(first)
      assert.isTrue(Exit.isInterrupted(exit) || Exit.isSuccess(exit))
      const hash = yield* hashing.hash(pleaseletmein)
      assert.isTrue(yield* hashing.verify(pleaseletmein, hash))
    }))
})

/** The contract's behaviour does not depend on the cost, its duration does. */
const affordable = Layer.effect(PasswordHashing, ScryptPasswordHashing.make({ ln: 8, r: 8, p: 1 }))

suite(PasswordHashingContract.contract, "scrypt", affordable)
