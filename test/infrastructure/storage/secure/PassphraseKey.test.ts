import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Redacted } from "effect"
import { createHash } from "node:crypto"
import * as PassphraseKey from "../../../../src/infrastructure/storage/secure/PassphraseKey.ts"

const scrypt = { _tag: "scrypt", ln: 4, r: 8, p: 1 } as const
const argon2id = { _tag: "argon2id", memory: 64, passes: 1, lanes: 1 } as const

const salt = Uint8Array.from({ length: 16 }, (_, index) => index)

const derive = (passphrase: string, cost: PassphraseKey.Cost) =>
  Effect.map(
    PassphraseKey.derive(Redacted.make(passphrase), { cost, salt }),
    (key) => Buffer.from(Redacted.value(key)).toString("hex")
  )

/** What an attacker makes of it: the checksum is right. */
const forged = (...bytes: ReadonlyArray<number>) => {
  const content = Buffer.from([1, ...bytes])
  return Buffer.concat([content, createHash("sha256").update(content).digest().subarray(0, 8)])
}

describe("PassphraseKey", () => {
  for (const cost of [scrypt, argon2id]) {
    it.effect(`${cost._tag} gives one key for one passphrase, salt and cost`, () =>
      Effect.gen(function*() {
        const params = PassphraseKey.generate(cost)
        assert.deepStrictEqual(PassphraseKey.decode(PassphraseKey.encode(params)), Either.right(params))
        const key = yield* derive("correct horse", cost)
        assert.strictEqual(key.length, 64)
        assert.strictEqual(yield* derive("correct horse", cost), key)
        assert.notStrictEqual(yield* derive("correct horsf", cost), key)
        assert.notStrictEqual(yield* derive("correct horse", { ...scrypt, ln: 5 }), key)
      }))

    it.effect(`${cost._tag} takes one passphrase typed in two ways for the same (NFKC)`, () =>
      Effect.gen(function*() {
        assert.strictEqual(yield* derive("A\u030angstrom \ufb01", cost), yield* derive("\u00c5ngstrom fi", cost))
      }))
  }

  it.effect("agrees with other implementations: OpenSSL's scrypt under Python, noble's argon2id", () =>
    Effect.gen(function*() {
      assert.strictEqual(
        yield* derive("password", scrypt),
        "4a27cb03b2b4b79c8ce895055927f012ed9bdb54d41a88bb9b5a77c7b7e03282"
      )
      assert.strictEqual(
        yield* derive("password", argon2id),
        "9c493022877348e034719bce110c99301e5d4d16acacc6a829000ff2044b1b0c"
      )
    }))

  it("says tampered when a bit of a slot's parameters is flipped", () => {
    for (const cost of [scrypt, argon2id]) {
      const params = PassphraseKey.encode(PassphraseKey.generate(cost))
      for (let bit = 0; bit < params.length * 8; bit++) {
        const flipped = Uint8Array.from(params)
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        const result = PassphraseKey.decode(flipped)
        assert.isTrue(Either.isLeft(result) && result.left._tag === "Tampered", `bit ${bit}`)
      }
    }
  })

  const s = Array.from(salt)
  const refused: ReadonlyArray<readonly [string, Uint8Array]> = [
    ["scrypt of 2^40", forged(1, 40, 8, 1, ...s)],
    ["scrypt of 1 GiB", forged(1, 20, 8, 1, ...s)],
    ["scrypt of 255 lanes", forged(1, 14, 8, 255, ...s)],
    ["scrypt of N = 1", forged(1, 0, 8, 1, ...s)],
    ["scrypt of no blocks", forged(1, 14, 0, 1, ...s)],
    ["argon2id of 4 TiB", forged(2, 255, 255, 255, 255, 1, 1, ...s)],
    ["argon2id of 255 passes over 256 MiB", forged(2, 0, 4, 0, 0, 255, 1, ...s)],
    ["argon2id of 255 lanes", forged(2, 0, 1, 0, 0, 1, 255, ...s)],
    ["argon2id of no pass", forged(2, 0, 1, 0, 0, 0, 1, ...s)],
    ["argon2id of 1 KiB", forged(2, 0, 0, 0, 1, 1, 1, ...s)],
    ["a salt of 15 bytes", forged(1, 14, 8, 1, ...s.slice(1))],
    ["a salt of 17 bytes", forged(1, 14, 8, 1, 0, ...s)],
    ["no parameters", new Uint8Array(0)]
  ]
  for (const [what, params] of refused) {
    it(`refuses ${what} before any work`, () => {
      const result = PassphraseKey.decode(params)
      assert.isTrue(Either.isLeft(result) && result.left._tag === "Tampered")
    })
  }

  it("a function of the future is Locked: a newer program opens it", () => {
    const result = PassphraseKey.decode(forged(3, 1, 2, 3, ...s))
    assert.isTrue(Either.isLeft(result) && result.left._tag === "Locked")
  })

  it.effect("the default costs more than the minimum, and less than a file may ask for", () =>
    Effect.gen(function*() {
      const share = PassphraseKey.share(yield* PassphraseKey.defaultCost)
      assert.isAbove(share, 0.1)
      assert.isAtMost(share, 0.5)
    }))
})
