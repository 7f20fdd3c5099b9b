import { assert, describe, it } from "@effect/vitest"
import { Either, FastCheck, Option, Redacted } from "effect"
import { inspect } from "node:util"
import { insecureSecretAccess } from "../../../../src/infrastructure/security/encryption/InsecureSecretAccess.ts"
import type { InsecureSecretAccess } from "../../../../src/infrastructure/security/encryption/InsecureSecretAccess.ts"
import { templates } from "../../../../src/infrastructure/security/encryption/Key.ts"
import * as Keyset from "../../../../src/infrastructure/security/encryption/Keyset.ts"
import * as KeysetBinary from "../../../../src/infrastructure/security/encryption/KeysetBinary.ts"
import { InvalidKeyset, UnsupportedKey } from "../../../../src/infrastructure/security/encryption/KeysetFailure.ts"
import * as KeysetJson from "../../../../src/infrastructure/security/encryption/KeysetJson.ts"
import * as LegacyKeysetJson from "../../../../src/infrastructure/security/encryption/LegacyKeysetJson.ts"
import * as Signature from "../../../../src/infrastructure/security/encryption/Signature.ts"
import * as TinkKeyset from "../../../../src/infrastructure/security/encryption/TinkKeyset.ts"

const toBinary = (keyset: Keyset.Keyset) => KeysetBinary.encode(keyset, insecureSecretAccess)
const fromBinary = (bytes: Uint8Array) => KeysetBinary.decode(bytes, insecureSecretAccess)
const toJson = (keyset: Keyset.Keyset) => KeysetJson.encode(keyset, insecureSecretAccess)
const fromJson = (text: string) => KeysetJson.decode(text, insecureSecretAccess)

/** Everything about a keyset, its secrets included. */
const shown = (keyset: Keyset.Keyset) =>
  inspect({
    ...keyset,
    keys: keyset.keys.map((key) => ({
      ...key,
      material: "material" in key ? Buffer.from(Redacted.value(key.material)).toString("hex") : undefined
    }))
  }, { depth: 9, sorted: true })

const tag = (result: Either.Either<unknown, { readonly _tag: string }>) =>
  Either.isLeft(result) ? result.left._tag : "decoded"

const names = Object.keys(templates) as ReadonlyArray<Keyset.KeyTemplate>

/** Keysets with several keys, some disabled, some destroyed. */
const keysets = FastCheck.tuple(
  FastCheck.constantFrom(...names),
  FastCheck.array(FastCheck.constantFrom("ENABLED", "DISABLED", "DESTROYED"), { maxLength: 4 })
).map(([template, statuses]) =>
  statuses.reduce<Keyset.Keyset>((keyset, status) => {
    const more = Keyset.introduce(keyset, template)
    const id = more.keys.at(-1)?.id ?? 0
    const changed = status === "DISABLED"
      ? Keyset.disable(more, id)
      : status === "DESTROYED"
      ? Keyset.destroy(more, id)
      : Either.right(more)
    return Either.getOrThrow(changed)
  }, Keyset.generate(template))
)

/** Of `count` keys with ids from 1 on. */
const keysetOf = (count: number): Keyset.Keyset => {
  const { keys, primitive } = Keyset.generate("HMAC_SHA256")
  return {
    primitive,
    primary: 1,
    keys: Array.from({ length: count }, (_, at) => keys.map((key) => ({ ...key, id: at + 1 }))).flat()
  }
}

const zeros = (length: number) => Redacted.make(new Uint8Array(length))

describe("Keyset formats", () => {
  it("a keyset comes out of both forms as it went in", () => {
    FastCheck.assert(
      FastCheck.property(keysets, (keyset) => {
        assert.strictEqual(shown(Either.getOrThrow(fromBinary(toBinary(keyset)))), shown(keyset))
        assert.strictEqual(shown(Either.getOrThrow(fromJson(toJson(keyset)))), shown(keyset))
      }),
      { seed: 32, numRuns: 60 }
    )
  })

  it("no damage of the binary form is a defect, and a truncation is no keyset", () => {
    const bytes = toBinary(Keyset.generate("XAES_256_GCM"))
    for (const index of bytes.keys()) {
      for (let bit = 0; bit < 8; bit++) {
        fromBinary(bytes.map((byte, at) => at === index ? byte ^ (1 << bit) : byte))
      }
      assert.notStrictEqual(tag(fromBinary(bytes.subarray(0, index))), "decoded", `${index} bytes`)
    }
  })

  it("more than 1000 keys are no keyset, which is found out before a key is looked at, and are not written", () => {
    let looks = 0
    const key = {
      get typeUrl() {
        looks += 1
        return ""
      },
      get value() {
        looks += 1
        return new Uint8Array(0)
      },
      keyMaterialType: 0,
      keyId: 1,
      status: "ENABLED",
      outputPrefixType: "TINK"
    } as const
    const record = { primaryKeyId: 1, key: Array.from({ length: 1001 }, () => key) }
    assert.strictEqual(tag(TinkKeyset.fromRecord(record)), "InvalidKeyset")
    assert.strictEqual(looks, 0)

    const most = keysetOf(1000)
    assert.strictEqual(tag(fromBinary(toBinary(most))), "decoded")
    assert.strictEqual(tag(fromJson(toJson(most))), "decoded")
    for (const write of [toBinary, toJson]) assert.throws(() => write(keysetOf(1001)), InvalidKeyset)
  })

  it("what is too long to be read is not written", () => {
    const keyset = Keyset.generate("HKDF_SHA256")
    const long = { ...keyset, keys: keyset.keys.map((key) => ({ ...key, material: zeros(900_000) })) }
    assert.strictEqual(tag(fromBinary(toBinary(long))), "decoded")
    assert.throws(() => toJson(long), InvalidKeyset)
    const longer = { ...keyset, keys: keyset.keys.map((key) => ({ ...key, material: zeros(1_100_000) })) }
    assert.throws(() => toBinary(longer), InvalidKeyset)
  })

  it("no bytes are a defect", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.uint8Array({ maxLength: 200 }), (bytes) => {
        assert.notStrictEqual(tag(fromBinary(bytes)), "decoded")
        assert.notStrictEqual(tag(fromJson(Buffer.from(bytes).toString("latin1"))), "decoded")
      }),
      { seed: 33, numRuns: 1000 }
    )
  })

  it("refuses a keyset without an enabled primary, with equal ids, or of several primitives", () => {
    const keyset = Keyset.introduce(Keyset.generate("XAES_256_GCM"), "XAES_256_GCM")
    const [first, second] = keyset.keys
    assert.isTrue(first !== undefined && second !== undefined)
    if (first === undefined || second === undefined) return
    const broken: ReadonlyArray<Keyset.Keyset> = [
      { ...keyset, primary: first.id ^ 1 },
      { ...keyset, keys: [] },
      { ...keyset, keys: [{ ...first, status: "DISABLED" }, second] },
      { ...keyset, keys: [first, { ...second, id: first.id }] },
      { ...keyset, keys: [first, { ...second, id: 0 }] },
      { primitive: "Aead", primary: first.id, keys: [first, ...Keyset.generate("HMAC_SHA256").keys] }
    ]
    for (const each of broken) {
      assert.strictEqual(tag(fromBinary(toBinary(each))), "InvalidKeyset", shown(each))
    }
  })

  it("keeps keys of types it does not know, byte for byte, and refuses a keyset that has no others", () => {
    const opaque: Keyset.Key = {
      id: 7,
      status: "ENABLED",
      prefix: "CRUNCHY",
      algorithm: "OPAQUE",
      typeUrl: "type.googleapis.com/google.crypto.tink.FutureKey",
      keyMaterialType: 1,
      material: Redacted.make(Uint8Array.of(1, 2, 3))
    }
    const known = Keyset.generate("XAES_256_GCM")
    const mixed: Keyset.Keyset = { ...known, primary: 7, keys: [opaque, ...known.keys] }
    assert.strictEqual(shown(Either.getOrThrow(fromBinary(toBinary(mixed)))), shown(mixed))
    assert.strictEqual(shown(Either.getOrThrow(fromJson(toJson(mixed)))), shown(mixed))
    assert.strictEqual(tag(fromBinary(toBinary({ ...mixed, keys: [opaque] }))), "UnsupportedKey")
  })

  it("a key whose length, parameters or version are not known here is not used", () => {
    const identity = { id: 1, status: "ENABLED", prefix: "TINK" } as const
    const unusable: ReadonlyArray<Keyset.Key> = [
      { ...identity, algorithm: "AES_256_GCM", material: zeros(16) },
      { ...identity, algorithm: "XAES_256_GCM", material: zeros(31) },
      { ...identity, algorithm: "AES_256_SIV", material: zeros(32) },
      { ...identity, algorithm: "HMAC_SHA256", material: zeros(15), tagSize: 16 },
      { ...identity, algorithm: "HKDF_SHA256", material: zeros(31), salt: new Uint8Array(0) },
      { ...identity, algorithm: "ED25519", material: zeros(32), publicKey: new Uint8Array(32) },
      { ...identity, algorithm: "ED25519_PUBLIC", publicKey: new Uint8Array(31) },
      {
        ...identity,
        algorithm: "AES_GCM_HKDF",
        material: zeros(32),
        segmentSize: 40,
        derivedKeySize: 32,
        hash: "SHA256"
      },
      {
        ...identity,
        algorithm: "AES_GCM_HKDF",
        material: zeros(32),
        segmentSize: 2 ** 31,
        derivedKeySize: 32,
        hash: "SHA256"
      }
    ]
    for (const key of unusable) {
      const encoded = toBinary({ primitive: "Aead", primary: 1, keys: [key] })
      assert.strictEqual(tag(fromBinary(encoded)), "UnsupportedKey", key.algorithm)
    }
  })

  it("keys in clear need the access value, also of callers without types", () => {
    const keyset = Keyset.generate("XAES_256_GCM")
    const wrong = {} as InsecureSecretAccess
    assert.throws(() => KeysetBinary.encode(keyset, wrong), TypeError)
    assert.throws(() => KeysetJson.encode(keyset, wrong), TypeError)
    assert.throws(() => KeysetBinary.decode(toBinary(keyset), wrong), TypeError)
    assert.throws(() => KeysetJson.decode(toJson(keyset), wrong), TypeError)
  })

  it("the public half needs none, and a keyset with secrets does not pass for one", () => {
    const keyset = Keyset.introduce(Keyset.generate("ED25519"), "ED25519")
    const publicHalf = Signature.publicKeyset(keyset)
    const read = [
      KeysetBinary.decodePublic(KeysetBinary.encodePublic(publicHalf)),
      KeysetJson.decodePublic(KeysetJson.encodePublic(publicHalf))
    ]
    for (const half of read) assert.strictEqual(shown(Either.getOrThrow(half)), shown(publicHalf))
    assert.strictEqual(tag(KeysetBinary.decodePublic(toBinary(keyset))), "UnsupportedKey")
    assert.strictEqual(tag(KeysetJson.decodePublic(toJson(keyset))), "UnsupportedKey")
    const disguised = { ...keyset, primitive: "Verification" } as unknown as typeof publicHalf
    assert.throws(() => KeysetBinary.encodePublic(disguised), UnsupportedKey)
    assert.throws(() => KeysetJson.encodePublic(disguised), UnsupportedKey)
  })

  it("keysets and failures show no key material", () => {
    const keyset = Keyset.generate("XAES_256_GCM")
    const [key] = keyset.keys
    const secret = key?.algorithm === "XAES_256_GCM" ? Redacted.value(key.material) : assert.fail("no key")
    const text = toJson(keyset).replace("XAesGcmKey", "CANARY").slice(0, -1)
    const everything = inspect([keyset, fromJson(text), fromJson(`${text}}`)], { depth: 20 })
    assert.notInclude(everything, Buffer.from(secret).toString("base64"))
    assert.notInclude(everything, Buffer.from(secret).toString("hex"))
    assert.notInclude(everything, Array.from(secret.subarray(0, 4)).join(", "))
  })

  it("reads the form that keysets had before, and nothing else as that", () => {
    const material = Buffer.alloc(32, 7).toString("base64")
    const legacy = (algorithm: string, ids = [3, 4], primary = 3) =>
      `{"primary":${primary},"keys":[${
        ids.map((id) => `{"id":${id},"algorithm":"${algorithm}","material":"${material}"}`).join()
      }]}`
    const aead = Option.getOrThrow(LegacyKeysetJson.decode(legacy("AES256_GCM")))
    assert.strictEqual(aead.primitive, "Aead")
    assert.deepStrictEqual(aead.keys.map(({ algorithm, id, prefix }) => [id, algorithm, prefix]), [
      [3, "AES_256_GCM", "TINK"],
      [4, "AES_256_GCM", "TINK"]
    ])
    const prf = Option.getOrThrow(LegacyKeysetJson.decode(legacy("HKDF_SHA256", [3])))
    assert.deepStrictEqual(prf.keys.map(({ algorithm, prefix }) => [algorithm, prefix]), [["HKDF_SHA256", "RAW"]])
    for (
      const text of ["", "{}", legacy("CANARY"), legacy("AES256_GCM", []), legacy("AES256_GCM", [3, 3]), toJson(aead)]
    ) {
      assert.isTrue(Option.isNone(LegacyKeysetJson.decode(text)), text)
    }
    assert.isTrue(Option.isNone(LegacyKeysetJson.decode(legacy("AES256_GCM", [3, 4], 5))))
  })
})
