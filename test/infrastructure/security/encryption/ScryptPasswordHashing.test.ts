import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Redacted } from "effect"
import { scryptSync } from "node:crypto"
import { setImmediate } from "node:timers"
import { PasswordHashing, UnsupportedPasswordHash } from "../../../../src/domain/security/PasswordHashing.ts"
import * as ScryptPasswordHashing from "../../../../src/infrastructure/security/encryption/ScryptPasswordHashing.ts"
import * as PasswordHashingContract from "../../../../src/testing/contract/PasswordHashingContract.ts"
import { suite } from "../../../../src/testing/vitest.ts"

const pleaseletmein = Redacted.make("pleaseletmein")

/** RFC 7914, section 12, third vector, as a PHC string. */
const published = "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$"
  + "cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw"

/** The other three, outside of what is computed for a stored string. */
const outside = {
  "an empty salt": "$scrypt$ln=4,r=1,p=1$$"
    + "d9ZXYjhleyA7GcpCwYoEl/FrSETjB0ro39/6P+3iFEL80Aad7QlI+DJqdToPyB8X6NPg+y4NNijPNeIMONGJBg",
  "a salt of 4 bytes": "$scrypt$ln=10,r=8,p=16$TmFDbA$"
    + "/bq+HJ00cgB4VucZDQHp/nxq18vII3gw53N2Y0s3MWIurzDZLiKjiG/xCSedmDDaxyevuUqD7m2DYMvfoswGQA",
  "1 GiB": "$scrypt$ln=20,r=8,p=1$U29kaXVtQ2hsb3JpZGU$"
    + "IQHLm2pRGq6t1TW8EJaCqnDIXVZ8D+cR+ojTMdKVhlO6ySB4l0pQVp5fLN3kcz5LnFvSvdzoCmSrCnz6wnmJbg"
}

const encode = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64").replaceAll("=", "")

const valid = { valid: true, needsRehash: false }
const outdated = { valid: true, needsRehash: true }
const wrong = { valid: false, needsRehash: false }

describe("ScryptPasswordHashing", () => {
  it.effect("hashes at OWASP's cost, whose strings it verifies", () =>
    Effect.gen(function*() {
      const hashing = yield* PasswordHashing
      const hash = yield* hashing.hash(pleaseletmein)
      assert.match(hash, /^\$scrypt\$ln=14,r=8,p=5\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
      assert.deepStrictEqual(yield* hashing.verify(pleaseletmein, hash), valid)
      assert.deepStrictEqual(yield* hashing.verify(Redacted.make("pleaseletmeout"), hash), wrong)
    }).pipe(Effect.provide(ScryptPasswordHashing.layer)))

  it.effect("verifies the vector of RFC 7914 that is within its bounds, and refuses the other three", () =>
    Effect.gen(function*() {
      const hashing = yield* PasswordHashing
      assert.deepStrictEqual(yield* hashing.verify(pleaseletmein, published), outdated)
      assert.deepStrictEqual(yield* hashing.verify(pleaseletmein, published.replace("cCO9", "aCO9")), wrong)
      for (const [reason, hash] of Object.entries(outside)) {
        assert.strictEqual(
          (yield* Effect.flip(hashing.verify(pleaseletmein, hash)))._tag,
          "InvalidPasswordHash",
          reason
        )
      }
    }).pipe(Effect.provide(ScryptPasswordHashing.layer)))

  it.effect("takes a password in composed and in decomposed form", () =>
    Effect.gen(function*() {
      const hashing = yield* ScryptPasswordHashing.make({ ln: 1, r: 1, p: 1 })
      const hash = yield* hashing.hash(Redacted.make("pa\u00dfw\u00f6rt"))
      assert.deepStrictEqual(yield* hashing.verify(Redacted.make("pa\u00dfwo\u0308rt"), hash), valid)
    }))

  it.effect("computes every cost it lets through, up to the bounds", () =>
    Effect.gen(function*() {
      const hashing = yield* ScryptPasswordHashing.make({ ln: 1, r: 1, p: 1 })
      for (const cost of ["ln=1,r=99,p=99", "ln=17,r=8,p=1"]) {
        const stored = `$scrypt$${cost}$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA`
        assert.deepStrictEqual(yield* hashing.verify(pleaseletmein, stored), wrong, cost)
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
      const hashing = yield* ScryptPasswordHashing.make({ ln: 14, r: 8, p: 1 })
      const first = yield* Effect.fork(hashing.hash(pleaseletmein))
      yield* Effect.yieldNow()
      let turned = false
      // Nothing of what an interruption itself takes lets the event loop turn.
      setImmediate(() => (turned = true))
      assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(first)))
      assert.isTrue(turned)
      const hash = yield* hashing.hash(pleaseletmein)
      assert.deepStrictEqual(yield* hashing.verify(pleaseletmein, hash), valid)
    }))

  it.effect("wants what is weaker than its own hashes hashed again, and nothing else", () =>
    Effect.gen(function*() {
      const hashOf = (cost: { readonly ln: number; readonly r: number; readonly p: number }) =>
        Effect.flatMap(ScryptPasswordHashing.make(cost), (hashing) => hashing.hash(pleaseletmein))
      const hashing = yield* ScryptPasswordHashing.make({ ln: 6, r: 8, p: 2 })
      const verify = (hash: string) => hashing.verify(pleaseletmein, hash)
      for (const cost of [{ ln: 6, r: 8, p: 1 }, { ln: 5, r: 8, p: 4 }, { ln: 6, r: 4, p: 4 }]) {
        assert.deepStrictEqual(yield* verify(yield* hashOf(cost)), outdated, JSON.stringify(cost))
      }
      for (const cost of [{ ln: 6, r: 8, p: 2 }, { ln: 7, r: 8, p: 1 }, { ln: 6, r: 16, p: 1 }]) {
        assert.deepStrictEqual(yield* verify(yield* hashOf(cost)), valid, JSON.stringify(cost))
      }
      const shortHash = "$scrypt$ln=6,r=8,p=2$c2FsdHNhbHQ$"
        + encode(scryptSync("pleaseletmein", "saltsalt", 32, { N: 64, r: 8, p: 2 }))
      assert.deepStrictEqual(yield* verify(shortHash), outdated)
    }))

  it.effect("tells an argon2id hash from a damaged one", () =>
    Effect.gen(function*() {
      const hashing = yield* PasswordHashing
      const argon2id = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
      const failure = yield* Effect.flip(hashing.verify(Redacted.make("password"), argon2id))
      assert.deepStrictEqual(failure, new UnsupportedPasswordHash({ algorithm: "argon2id" }))
      assert.strictEqual(
        (yield* Effect.flip(hashing.verify(pleaseletmein, argon2id.replace("m=65536", "m=9999999"))))._tag,
        "InvalidPasswordHash"
      )
    }).pipe(Effect.provide(ScryptPasswordHashing.layer)))
})

/** The contract's behaviour does not depend on the cost, its duration does. */
const affordable = Layer.effect(PasswordHashing, ScryptPasswordHashing.make({ ln: 8, r: 8, p: 1 }))

suite(PasswordHashingContract.contract, "scrypt", affordable)

const withoutMemory = Layer.effect(
  PasswordHashing,
  ScryptPasswordHashing.make(undefined, () => Promise.reject(new Error("malloc failure")))
)

suite(PasswordHashingContract.unavailableContract(published), "scrypt", withoutMemory)
