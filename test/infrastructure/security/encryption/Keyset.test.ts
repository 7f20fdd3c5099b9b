import { assert, describe, it } from "@effect/vitest"
import { Either, Redacted } from "effect"
import * as Keyset from "../../../../src/infrastructure/security/encryption/Keyset.ts"
import type { KeyChangeRefused } from "../../../../src/infrastructure/security/encryption/KeysetFailure.ts"

const last = (keyset: Keyset.Keyset) => keyset.keys.at(-1)?.id ?? assert.fail("no key")

const reason = (changed: Either.Either<unknown, KeyChangeRefused>) =>
  Either.isLeft(changed) ? changed.left.reason : "done"

describe("Keyset", () => {
  it("starts with one enabled key, which is the primary, with an id that is not zero", () => {
    const ids = Array.from({ length: 200 }, () => Keyset.generate("XAES_256_GCM").primary)
    assert.strictEqual(new Set(ids).size, 200)
    assert.isTrue(ids.every((id) => Number.isInteger(id) && id > 0 && id <= 0xffff_ffff))
    const { keys, primary } = Keyset.generate("AES_256_GCM")
    assert.deepStrictEqual(keys.map(({ id, status }) => [id, status]), [[primary, "ENABLED"]])
  })

  it("a template makes keys for its primitive", () => {
    const templates = {
      XAES_256_GCM: "Aead",
      AES_256_GCM: "Aead",
      AES_256_GCM_HKDF_4KB: "StreamingAead",
      AES_256_GCM_HKDF_1MB: "StreamingAead",
      AES_256_SIV: "DeterministicAead",
      HMAC_SHA256: "Mac",
      HMAC_SHA256_128BITTAG: "Mac",
      ED25519: "Signature",
      HKDF_SHA256: "Prf"
    } as const
    for (const [template, primitive] of Object.entries(templates)) {
      assert.strictEqual(Keyset.generate(template as Keyset.KeyTemplate).primitive, primitive)
    }
  })

  it("a keyset of one primitive is not one of another", () => {
    const keyset = Keyset.generate("HMAC_SHA256")
    assert.isTrue(Either.isRight(Keyset.ofPrimitive(keyset, "Mac")))
    const narrowed = Keyset.ofPrimitive(keyset, "Aead")
    assert.strictEqual(Either.isLeft(narrowed) ? narrowed.left._tag : "", "UnsupportedKey")
  })

  it("rotates in two steps: what is introduced is not the primary before it is promoted", () => {
    const first = Keyset.generate("XAES_256_GCM")
    const both = Keyset.introduce(first, "AES_256_GCM")
    assert.strictEqual(both.primary, first.primary)
    assert.strictEqual(both.keys.length, 2)
    const promoted = Either.getOrThrow(Keyset.promote(both, last(both)))
    assert.strictEqual(promoted.primary, last(both))
    assert.deepStrictEqual(promoted.keys, both.keys)
    assert.strictEqual(first.keys.length, 1)
  })

  it("rotate does both", () => {
    const first = Keyset.generate("AES_256_GCM")
    const rotated = Keyset.rotate(first, "XAES_256_GCM")
    assert.strictEqual(rotated.primary, last(rotated))
    assert.notStrictEqual(rotated.primary, first.primary)
    assert.strictEqual(rotated.keys.length, 2)
  })

  it("neither a disabled nor a destroyed key can be promoted, and the primary can be neither", () => {
    const keyset = Keyset.introduce(Keyset.generate("XAES_256_GCM"), "XAES_256_GCM")
    const second = last(keyset)
    const disabled = Either.getOrThrow(Keyset.disable(keyset, second))
    assert.strictEqual(reason(Keyset.promote(disabled, second)), "NotEnabled")
    const destroyed = Either.getOrThrow(Keyset.destroy(disabled, second))
    assert.strictEqual(reason(Keyset.promote(destroyed, second)), "NotEnabled")
    assert.strictEqual(reason(Keyset.enable(destroyed, second)), "Destroyed")
    assert.strictEqual(reason(Keyset.disable(destroyed, second)), "Destroyed")
    assert.strictEqual(reason(Keyset.disable(keyset, keyset.primary)), "Primary")
    assert.strictEqual(reason(Keyset.destroy(keyset, keyset.primary)), "Primary")
    for (const change of [Keyset.promote, Keyset.enable, Keyset.disable, Keyset.destroy]) {
      assert.strictEqual(reason(change(keyset, 0)), "NotFound")
    }
  })

  it("nothing of a destroyed key is left but its id", () => {
    const keyset = Keyset.introduce(Keyset.generate("XAES_256_GCM"), "XAES_256_GCM")
    const destroyed = Either.getOrThrow(Keyset.destroy(keyset, last(keyset))).keys.at(-1)
    assert.strictEqual(destroyed?.id, last(keyset))
    assert.strictEqual(destroyed?.status, "DESTROYED")
    assert.isTrue(destroyed?.algorithm === "OPAQUE" && Redacted.value(destroyed.material).length === 0)
  })
})
