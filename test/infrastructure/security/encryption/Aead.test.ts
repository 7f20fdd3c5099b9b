import { assert, describe, it } from "@effect/vitest"
import { Either, FastCheck, Option, Redacted } from "effect"
import * as Aead from "../../../../src/infrastructure/security/encryption/Aead.ts"
import * as AesGcm from "../../../../src/infrastructure/security/encryption/AesGcm.ts"
import * as Keyset from "../../../../src/infrastructure/security/encryption/Keyset.ts"
import { UnsupportedKey } from "../../../../src/infrastructure/security/encryption/KeysetFailure.ts"
import * as Xaes256Gcm from "../../../../src/infrastructure/security/encryption/Xaes256Gcm.ts"
import * as singleKey from "./singleKey.ts"

const hex = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(" ", ""), "hex"))
const utf8 = (text: string) => new TextEncoder().encode(text)

/** McGrew and Viega, "The Galois/Counter Mode of Operation", appendix B, case 15. */
const gcm = {
  key: "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
  nonce: "cafebabefacedbaddecaf888",
  plaintext: "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
    + "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255",
  box: "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
    + "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad",
  tag: "b094dac5d93471bdec1a502270e3cc6c"
}

describe("AesGcm", () => {
  it("opens the published box", () => {
    const opened = AesGcm.open(hex(gcm.key), hex(gcm.nonce + gcm.box + gcm.tag), new Uint8Array(0))
    assert.isTrue(Option.exists(opened, (bytes) => Buffer.from(bytes).toString("hex") === gcm.plaintext))
  })

  it("refuses tags cut to 4, 8, 12, 13 and 15 bytes, which Node by itself would take", () => {
    for (const length of [4, 8, 12, 13, 15]) {
      const cut = hex(gcm.nonce + gcm.box + gcm.tag.slice(0, 2 * length))
      assert.isTrue(Option.isNone(AesGcm.open(hex(gcm.key), cut, new Uint8Array(0))), `${length} bytes`)
      // Of an empty message nothing but the tag is cut.
      const empty = AesGcm.seal(hex(gcm.key), new Uint8Array(0), new Uint8Array(0)).subarray(0, 12 + length)
      assert.isTrue(Option.isNone(AesGcm.open(hex(gcm.key), empty, new Uint8Array(0))), `${length} bytes alone`)
    }
  })

  it("takes keys of 32 bytes only", () => {
    for (const length of [0, 16, 24, 31, 33]) {
      assert.throws(() => AesGcm.seal(new Uint8Array(length), utf8("x"), utf8("a")), TypeError)
    }
  })
})

for (const algorithm of ["AES_256_GCM", "XAES_256_GCM"] as const) {
  describe(`Aead with ${algorithm}`, () => {
    const nonceLength = algorithm === "AES_256_GCM" ? 12 : 24
    const keyset = Keyset.generate(algorithm)
    const other = Keyset.generate("XAES_256_GCM")
    const aad = utf8("row 1")
    const sealed = Aead.seal(keyset, utf8("attack at dawn"), aad)

    const opens = (keys: Keyset.Keyset<"Aead">, box: Uint8Array = sealed) => Either.isRight(Aead.open(keys, box, aad))

    it("writes version 1, key id, nonce, ciphertext and tag", () => {
      assert.strictEqual(sealed[0], 1)
      assert.strictEqual(Buffer.from(sealed).readUInt32BE(1), keyset.primary)
      assert.strictEqual(sealed.length, 5 + nonceLength + "attack at dawn".length + 16)
    })

    it("writes no prefix under a RAW key, and tries such keys after the one that is named", () => {
      const raw = singleKey.aead(algorithm, new Uint8Array(32).fill(7))
      const box = Aead.seal(raw, utf8("x"), aad)
      assert.strictEqual(box.length, nonceLength + 1 + 16)
      const both: Keyset.Keyset<"Aead"> = { ...keyset, keys: [...keyset.keys, ...raw.keys] }
      assert.isTrue(opens(both, box))
      assert.isTrue(opens(both))
    })

    it("opens a RAW box whose nonce happens to name another key", () => {
      const material = new Uint8Array(32).fill(7)
      const nonce = new Uint8Array(nonceLength)
      nonce.set(sealed.subarray(0, 5))
      const box = algorithm === "XAES_256_GCM"
        ? Xaes256Gcm.make(material).unsafeSealWith(nonce, utf8("x"), aad)
        : AesGcm.encrypt(material, new Uint8Array(0), nonce, utf8("x"), aad)
      const both = { ...keyset, keys: [...keyset.keys, ...singleKey.aead(algorithm, material).keys] }
      assert.isTrue(opens(both, box))
      assert.isFalse(opens(keyset, box))
    })

    it("opens with every enabled key and seals with the primary", () => {
      const rotated: Keyset.Keyset<"Aead"> = { ...other, keys: [...other.keys, ...keyset.keys] }
      assert.isTrue(opens(rotated))
      assert.isTrue(opens(other, Aead.seal(rotated, utf8("x"), aad)))
      assert.isFalse(opens(other))
      const disabled = Either.getOrThrow(Keyset.disable(rotated, keyset.primary))
      assert.isFalse(opens(disabled))
      assert.isTrue(opens(Either.getOrThrow(Keyset.enable(disabled, keyset.primary))))
      assert.isFalse(opens(Either.getOrThrow(Keyset.destroy(rotated, keyset.primary))))
    })

    it("does not seal with a key of a type it does not know, and still opens with the others", () => {
      const [key] = keyset.keys
      assert.isDefined(key)
      const opaque: Keyset.Key<"Aead"> = {
        id: 9,
        status: "ENABLED",
        prefix: "TINK",
        algorithm: "OPAQUE",
        typeUrl: "type.googleapis.com/google.crypto.tink.FutureKey",
        keyMaterialType: 1,
        material: Redacted.make(new Uint8Array(3))
      }
      const newer: Keyset.Keyset<"Aead"> = { ...keyset, primary: 9, keys: [...keyset.keys, opaque] }
      assert.throws(() => Aead.seal(newer, utf8("x"), aad), UnsupportedKey)
      assert.isTrue(opens(newer))
    })

    it("reads a ciphertext that is a view into a larger buffer", () => {
      const larger = Buffer.concat([Buffer.alloc(7, 9), sealed, Buffer.alloc(3, 9)])
      assert.isTrue(opens(keyset, larger.subarray(7, 7 + sealed.length)))
    })

    it("gives plaintext in a buffer of its own, and boxes that share memory with other boxes only", () => {
      const boxes = [0, 1, 100, 1000, 4000, 5000, 100_000].map((length) => {
        const plaintext = new Uint8Array(length).fill(0xa5)
        return { plaintext, box: Aead.seal(keyset, plaintext, aad) }
      })
      for (const { box, plaintext } of boxes) {
        const back = Aead.open(keyset, box, aad)
        assert.isTrue(Either.isRight(back) && Buffer.from(back.right).equals(plaintext))
        assert.isFalse(Buffer.from(box.buffer).includes(Buffer.alloc(16, 0xa5)))
      }
      const opened = Either.getOrThrow(Aead.open(keyset, sealed, aad))
      assert.strictEqual(opened.buffer.byteLength, opened.length)
    })

    it("opens with its own key, associated data and bytes only", () => {
      FastCheck.assert(
        FastCheck.property(
          FastCheck.uint8Array({ minLength: 32, maxLength: 32 }),
          FastCheck.uint8Array({ maxLength: 300 }),
          FastCheck.uint8Array({ maxLength: 40 }),
          FastCheck.nat(),
          (key, plaintext, context, at) => {
            const keys = singleKey.aead(algorithm, key)
            const box = Aead.seal(keys, plaintext, context)
            const flipped = (source: Uint8Array) =>
              source.map((byte, index) => index === at % source.length ? byte ^ (1 << (at % 8)) : byte)
            const opened = Aead.open(keys, box, context)
            assert.isTrue(Either.isRight(opened) && Buffer.from(plaintext).equals(opened.right))
            const refused = [
              Aead.open(singleKey.aead(algorithm, flipped(key)), box, context),
              Aead.open(keys, flipped(box), context),
              Aead.open(keys, box.subarray(0, at % box.length), context),
              Aead.open(keys, Uint8Array.of(...box, 0), context),
              Aead.open(keys, box, Uint8Array.of(...context, 1))
            ]
            assert.deepStrictEqual(refused.filter(Either.isRight), [])
          }
        ),
        { seed: 31 }
      )
    })
  })
}
