import { assert, describe, it } from "@effect/vitest"
import { Either, FastCheck, Option, Redacted } from "effect"
import { hkdfSync } from "node:crypto"
import * as AesKeyWrap from "../../../../src/infrastructure/security/encryption/AesKeyWrap.ts"
import * as DeterministicAead from "../../../../src/infrastructure/security/encryption/DeterministicAead.ts"
import * as Hkdf from "../../../../src/infrastructure/security/encryption/Hkdf.ts"
import * as Keyset from "../../../../src/infrastructure/security/encryption/Keyset.ts"
import * as Mac from "../../../../src/infrastructure/security/encryption/Mac.ts"
import * as Prf from "../../../../src/infrastructure/security/encryption/Prf.ts"
import * as Signature from "../../../../src/infrastructure/security/encryption/Signature.ts"

const utf8 = (text: string) => new TextEncoder().encode(text)
const data = FastCheck.uint8Array({ maxLength: 200 })
const flip = (source: Uint8Array, at: number) =>
  source.map((byte, index) => index === at % source.length ? byte ^ (1 << (at % 8)) : byte)
const equal = (a: Uint8Array, b: Uint8Array) => Buffer.from(a).equals(b)

/** Disables the first key of a keyset that was rotated. */
const retire = <P extends Keyset.Primitive>(keyset: Keyset.Keyset<P>) =>
  Either.getOrThrow(Keyset.disable(keyset, keyset.keys[0]?.id ?? 0))

describe("DeterministicAead", () => {
  const keyset = Keyset.generate("AES_256_SIV")

  it("seals the same data to the same ciphertext, and opens nothing else", () => {
    FastCheck.assert(
      FastCheck.property(data, data, FastCheck.nat(), (plaintext, aad, at) => {
        const sealed = DeterministicAead.seal(keyset, plaintext, aad)
        assert.isTrue(equal(sealed, DeterministicAead.seal(keyset, plaintext, aad)))
        const opened = DeterministicAead.open(keyset, sealed, aad)
        assert.isTrue(Either.isRight(opened) && equal(opened.right, plaintext))
        assert.isTrue(Either.isLeft(DeterministicAead.open(keyset, flip(sealed, at), aad)))
        assert.isTrue(Either.isLeft(DeterministicAead.open(keyset, sealed, Uint8Array.of(...aad, 0))))
        assert.isTrue(Either.isLeft(DeterministicAead.open(keyset, sealed.subarray(0, at % sealed.length), aad)))
      }),
      { seed: 34 }
    )
  })

  it("opens with older keys until they are disabled", () => {
    const sealed = DeterministicAead.seal(keyset, utf8("x"), utf8("a"))
    const rotated = Keyset.rotate(keyset, "AES_256_SIV")
    assert.isTrue(Either.isRight(DeterministicAead.open(rotated, sealed, utf8("a"))))
    assert.isTrue(Either.isLeft(DeterministicAead.open(retire(rotated), sealed, utf8("a"))))
  })
})

describe("Mac", () => {
  for (const [template, length] of [["HMAC_SHA256", 32], ["HMAC_SHA256_128BITTAG", 16]] as const) {
    it(`${template} verifies its own tags of ${length} bytes only`, () => {
      const keyset = Keyset.generate(template)
      FastCheck.assert(
        FastCheck.property(data, FastCheck.nat(), (message, at) => {
          const tag = Mac.compute(keyset, message)
          assert.strictEqual(tag.length, 5 + length)
          assert.isTrue(Mac.verify(keyset, message, tag))
          assert.isFalse(Mac.verify(keyset, message, flip(tag, at)))
          assert.isFalse(Mac.verify(keyset, message, tag.subarray(0, at % tag.length)))
          assert.isFalse(Mac.verify(keyset, message, Uint8Array.of(...tag, 0)))
          assert.isFalse(Mac.verify(keyset, Uint8Array.of(...message, 0), tag))
          assert.isFalse(Mac.verify(Keyset.generate(template), message, tag))
        }),
        { seed: 35 }
      )
    })
  }

  it("verifies tags of older keys until they are disabled", () => {
    const keyset = Keyset.generate("HMAC_SHA256")
    const tag = Mac.compute(keyset, utf8("x"))
    const rotated = Keyset.rotate(keyset, "HMAC_SHA256_128BITTAG")
    assert.isTrue(Mac.verify(rotated, utf8("x"), tag))
    assert.isTrue(Mac.verify(rotated, utf8("x"), Mac.compute(rotated, utf8("x"))))
    assert.isFalse(Mac.verify(retire(rotated), utf8("x"), tag))
  })
})

describe("Signature", () => {
  const keyset = Keyset.generate("ED25519")

  it("the private and the public keyset verify its own signatures only", () => {
    const publicHalf = Signature.publicKeyset(keyset)
    FastCheck.assert(
      FastCheck.property(data, FastCheck.nat(), (message, at) => {
        const signature = Signature.sign(keyset, message)
        for (const keys of [keyset, publicHalf]) {
          assert.isTrue(Signature.verify(keys, message, signature))
          assert.isFalse(Signature.verify(keys, message, flip(signature, at)))
          assert.isFalse(Signature.verify(keys, message, signature.subarray(0, at % signature.length)))
          assert.isFalse(Signature.verify(keys, Uint8Array.of(...message, 0), signature))
        }
      }),
      { seed: 36, numRuns: 30 }
    )
  })

  it("the public keyset follows rotations and disabled keys", () => {
    const signature = Signature.sign(keyset, utf8("x"))
    const rotated = Keyset.rotate(keyset, "ED25519")
    assert.isTrue(Signature.verify(Signature.publicKeyset(rotated), utf8("x"), signature))
    assert.isFalse(Signature.verify(Signature.publicKeyset(retire(rotated)), utf8("x"), signature))
    const newer = Signature.sign(rotated, utf8("x"))
    assert.isFalse(Signature.verify(Signature.publicKeyset(keyset), utf8("x"), newer))
  })
})

describe("Hkdf", () => {
  it("agrees with Node's for every length, salt and kind of info that Node takes", () => {
    const key = utf8("0123456789abcdef0123456789abcdef")
    for (const length of [1, 31, 32, 33, 64, 100, 8160]) {
      for (const info of ["", "info", "i".repeat(1024)]) {
        for (const salt of [undefined, new Uint8Array(0), utf8("salt"), new Uint8Array(100)]) {
          const expected = Buffer.from(hkdfSync("sha256", key, salt ?? new Uint8Array(0), info, length))
          assert.isTrue(expected.equals(Hkdf.derive(key, info, length, salt)), `${length} bytes`)
        }
      }
    }
  })

  it("gives 1 to 8160 bytes", () => {
    for (const length of [0, -1, 1.5, 8161, Number.NaN, Infinity]) {
      assert.throws(() => Hkdf.derive(utf8("key"), "", length), RangeError)
    }
  })
})

describe("Prf", () => {
  it("derives from the primary key, the same every time", () => {
    const keyset = Keyset.generate("HKDF_SHA256")
    const derive = (keys: Keyset.Keyset<"Prf">, info: string) =>
      Buffer.from(Redacted.value(Prf.derive(keys, utf8(info), 32))).toString("hex")
    assert.strictEqual(derive(keyset, "a"), derive(keyset, "a"))
    assert.notStrictEqual(derive(keyset, "a"), derive(keyset, "b"))
    assert.strictEqual(derive(keyset, "a"), derive(Keyset.introduce(keyset, "HKDF_SHA256"), "a"))
  })
})

describe("AesKeyWrap", () => {
  const kek = new Uint8Array(32).fill(9)

  it("unwraps what it wrapped, and nothing else", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.uint8Array({ minLength: 1, maxLength: 100 }), FastCheck.nat(), (key, at) => {
        const padded = AesKeyWrap.wrapPadded(kek, key)
        assert.isTrue(Option.exists(AesKeyWrap.unwrapPadded(kek, padded), (found) => equal(found, key)))
        assert.isTrue(Option.isNone(AesKeyWrap.unwrapPadded(kek, flip(padded, at))))
        assert.isTrue(Option.isNone(AesKeyWrap.unwrapPadded(flip(kek, at), padded)))
        assert.isTrue(Option.isNone(AesKeyWrap.unwrap(kek, padded)))
        assert.isTrue(Option.isNone(AesKeyWrap.unwrapPadded(kek, padded.subarray(0, at % padded.length))))
      }),
      { seed: 37 }
    )
  })

  it("wraps and unwraps nothing empty, whatever Node would do", () => {
    for (const wrap of [AesKeyWrap.wrap, AesKeyWrap.wrapPadded]) {
      assert.throws(() => wrap(kek, new Uint8Array(0)), TypeError)
    }
    for (const unwrap of [AesKeyWrap.unwrap, AesKeyWrap.unwrapPadded]) {
      for (let length = 0; length < 64; length++) {
        assert.isTrue(Option.isNone(unwrap(kek, new Uint8Array(length))), `${length} bytes`)
      }
    }
  })

  it("a key that is not of the lengths of AES, or too short to be wrapped, is a bug", () => {
    const key = new Uint8Array(32)
    assert.throws(() => AesKeyWrap.wrap(new Uint8Array(31), key), TypeError)
    assert.throws(() => AesKeyWrap.unwrapPadded(new Uint8Array(0), key), TypeError)
    for (const length of [8, 15, 17]) assert.throws(() => AesKeyWrap.wrap(kek, new Uint8Array(length)), TypeError)
  })
})
