import { assert, describe, it } from "@effect/vitest"
import { Either, FastCheck, Option, Redacted } from "effect"
import { hkdfSync } from "node:crypto"
import * as Aead from "../../../../src/infrastructure/security/encryption/Aead.ts"
import * as AesGcm from "../../../../src/infrastructure/security/encryption/AesGcm.ts"
import * as Hkdf from "../../../../src/infrastructure/security/encryption/Hkdf.ts"
import * as Keyset from "../../../../src/infrastructure/security/encryption/Keyset.ts"

const hex = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(" ", ""), "hex"))
const utf8 = (text: string) => new TextEncoder().encode(text)

/** McGrew and Viega, "The Galois/Counter Mode of Operation", appendix B, cases 13 to 16 with 96-bit nonces. */
const gcm = [
  {
    key: "00".repeat(32),
    nonce: "00".repeat(12),
    aad: "",
    plaintext: "",
    box: "530f8afbc74536b9a963b4f1c4cb738b"
  },
  {
    key: "00".repeat(32),
    nonce: "00".repeat(12),
    aad: "",
    plaintext: "00".repeat(16),
    box: "cea7403d4d606b6e074ec5d3baf39d18 d0d1c8a799996bf0265b98b5d48ab919"
  },
  {
    key: "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
    nonce: "cafebabefacedbaddecaf888",
    aad: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
    plaintext: "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
      + "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
    box: "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
      + "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662 76fc6ece0f4e1768cddf8853bb2d551b"
  }
]

describe("AesGcm", () => {
  for (const { aad, box, key, nonce, plaintext } of gcm) {
    it(`opens the published box of ${plaintext.length / 2} bytes`, () => {
      const sealed = hex(nonce + box)
      assert.deepStrictEqual(
        AesGcm.open(hex(key), sealed, hex(aad)).pipe(Option.map((bytes) => Buffer.from(bytes).toString("hex"))),
        Option.some(plaintext)
      )
      assert.isTrue(Option.isNone(AesGcm.open(hex(key), sealed, hex(`${aad}00`))))
    })
  }

  it("refuses tags cut to 4, 8, 12, 13 and 15 bytes, which Node by itself would take", () => {
    const [{ key, nonce, plaintext } = { key: "", nonce: "", plaintext: "" }] = gcm
    for (const length of [4, 8, 12, 13, 15]) {
      const cut = hex(nonce + (gcm[0]?.box.slice(0, 2 * length) ?? ""))
      assert.isTrue(Option.isNone(AesGcm.open(hex(key), cut, hex(plaintext))), `${length} bytes`)
    }
  })

  it("opens with its own key, associated data and bytes only", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.uint8Array({ minLength: 32, maxLength: 32 }),
        FastCheck.uint8Array({ maxLength: 64 }),
        FastCheck.uint8Array({ maxLength: 16 }),
        FastCheck.nat(),
        (key, plaintext, aad, at) => {
          const box = AesGcm.seal(key, plaintext, aad)
          const flipped = (source: Uint8Array) =>
            source.map((byte, index) => index === at % source.length ? byte ^ 1 : byte)
          assert.deepStrictEqual(
            Option.map(AesGcm.open(key, box, aad), (found) => Buffer.from(found)),
            Option.some(Buffer.from(plaintext))
          )
          assert.isTrue(Option.isNone(AesGcm.open(flipped(key), box, aad)))
          assert.isTrue(Option.isNone(AesGcm.open(key, flipped(box), aad)))
          assert.isTrue(Option.isNone(AesGcm.open(key, box, Uint8Array.of(...aad, 1))))
        }
      )
    )
  })
})

describe("Aead", () => {
  const keyset = Keyset.generate("AES256_GCM")
  const other = Keyset.generate("AES256_GCM")
  const aad = utf8("row 1")
  const sealed = Aead.seal(keyset, utf8("attack at dawn"), aad)

  it("writes the format of Tink: version 1, key id, nonce, ciphertext, tag", () => {
    assert.strictEqual(sealed[0], 1)
    assert.strictEqual(Buffer.from(sealed).readUInt32BE(1), keyset.primary)
    assert.strictEqual(sealed.length, 1 + 4 + 12 + "attack at dawn".length + 16)
    const plaintext = AesGcm.open(Redacted.value(keyset.keys[0].material), sealed.subarray(5), aad)
    assert.isTrue(Option.exists(plaintext, (bytes) => Buffer.from(bytes).toString() === "attack at dawn"))
  })

  it("opens with every key of the keyset and seals with the primary", () => {
    const rotated = new Keyset.Keyset({ primary: other.primary, keys: [keyset.keys[0], other.keys[0]] })
    assert.isTrue(Either.isRight(Aead.open(rotated, sealed, aad)))
    assert.isTrue(Either.isRight(Aead.open(other, Aead.seal(rotated, utf8("x"), aad), aad)))
    assert.isTrue(Either.isLeft(Aead.open(other, sealed, aad)))
  })

  it("does not seal or open with a key for deriving", () => {
    const prf = Keyset.generate("HKDF_SHA256")
    assert.throws(() => Aead.seal(prf, utf8("x"), aad), TypeError)
    const [{ id, material }] = keyset.keys
    const mislabelled = new Keyset.Keyset({ primary: id, keys: [{ id, material, algorithm: "HKDF_SHA256" }] })
    assert.isTrue(Either.isLeft(Aead.open(mislabelled, sealed, aad)))
  })

  it("reads a ciphertext that is a view into a larger buffer", () => {
    const larger = Buffer.concat([Buffer.alloc(7, 9), sealed, Buffer.alloc(3, 9)])
    assert.isTrue(Either.isRight(Aead.open(keyset, larger.subarray(7, 7 + sealed.length), aad)))
  })
})

describe("Hkdf", () => {
  it("gives the third test case of RFC 5869", () => {
    const derived = Hkdf.derive(hex("0b".repeat(22)), "", 42)
    assert.strictEqual(
      Buffer.from(derived).toString("hex"),
      "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
    )
  })

  it("agrees with Node's for every length and kind of info that Node takes", () => {
    const key = utf8("0123456789abcdef0123456789abcdef")
    for (const length of [1, 31, 32, 33, 64, 100, 8160]) {
      for (const info of ["", "info", "i".repeat(1024)]) {
        const expected = Buffer.from(hkdfSync("sha256", key, new Uint8Array(0), info, length))
        assert.isTrue(expected.equals(Hkdf.derive(key, info, length)), `${length} bytes`)
      }
    }
  })
})
