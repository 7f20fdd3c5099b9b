/**
 * The vectors of C2SP Wycheproof through our API. The tables say how many of each file were run with which outcome, and
 * how many were left out for which reason: another number is a failure.
 */
import { assert, describe, it } from "@effect/vitest"
import { Either, Option, Redacted } from "effect"
import * as Aead from "../../../../src/infrastructure/security/encryption/Aead.ts"
import * as AesGcm from "../../../../src/infrastructure/security/encryption/AesGcm.ts"
import * as AesKeyWrap from "../../../../src/infrastructure/security/encryption/AesKeyWrap.ts"
import * as DeterministicAead from "../../../../src/infrastructure/security/encryption/DeterministicAead.ts"
import * as Mac from "../../../../src/infrastructure/security/encryption/Mac.ts"
import * as Prf from "../../../../src/infrastructure/security/encryption/Prf.ts"
import * as Signature from "../../../../src/infrastructure/security/encryption/Signature.ts"
import { readVectors } from "../../../support/vectors.ts"
import * as singleKey from "./singleKey.ts"

interface Group {
  readonly keySize?: number
  readonly ivSize?: number
  readonly tagSize?: number
  readonly publicKey?: { readonly pk: string }
  readonly tests: ReadonlyArray<Case>
}

type Case = { readonly tcId: number; readonly result: "valid" | "invalid" | "acceptable" } & Record<string, string>

interface File {
  readonly numberOfTests: number
  readonly testGroups: ReadonlyArray<Group>
}

const hex = (text: string | undefined) => new Uint8Array(Buffer.from(text ?? "", "hex"))
const toHex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex")
const same = (bytes: Option.Option<Uint8Array>, expected: string | undefined) =>
  Option.exists(bytes, (found) => toHex(found) === expected)

type Outcome = "accepted" | "refused" | { readonly excluded: string }

const verdict = (accepted: boolean): Outcome => accepted ? "accepted" : "refused"

/** Runs every case, and compares what came of them with the table. */
const file = (
  name: string,
  table: Readonly<Record<string, number>>,
  run: (test: Case, group: Group) => Outcome
) =>
  it(`${name}: ${Object.entries(table).map(([row, count]) => `${count} ${row}`).join(", ")}`, ({ skip }) => {
    const vectors = readVectors<File>(`wycheproof/${name}_test.json.gz`, skip)
    const counts: Record<string, number> = {}
    const wrong: Array<number> = []
    for (const group of vectors.testGroups) {
      for (const test of group.tests) {
        const outcome = run(test, group)
        const row = typeof outcome === "string" ? `${test.result} ${outcome}` : outcome.excluded
        counts[row] = (counts[row] ?? 0) + 1
        if (row === "valid refused" || row === "invalid accepted") wrong.push(test.tcId)
      }
    }
    assert.deepStrictEqual(wrong, [])
    assert.deepStrictEqual(counts, table)
    assert.strictEqual(Object.values(counts).reduce((sum, count) => sum + count, 0), vectors.numberOfTests)
  })

/** Deterministic: whether `produce` makes `expected`, for cases that are valid. */
const makes = (test: Case, produce: () => Uint8Array, expected: string | undefined) =>
  test.result !== "valid" || toHex(produce()) === expected

describe("Wycheproof", () => {
  file(
    "aes_gcm",
    { "valid accepted": 39, "invalid refused": 27, "key not of 32 bytes": 211, "nonce not of 12 bytes": 39 },
    (test, group) => {
      if (group.keySize !== 256) return { excluded: "key not of 32 bytes" }
      if (group.ivSize !== 96) return { excluded: "nonce not of 12 bytes" }
      const [key, aad, message] = [hex(test["key"]), hex(test["aad"]), hex(test["msg"])]
      const box = hex(`${test["iv"]}${test["ct"]}${test["tag"]}`)
      const sealed = () => AesGcm.encrypt(key, new Uint8Array(0), hex(test["iv"]), message, aad)
      const opened = Option.getRight(Aead.open(singleKey.aead("AES_256_GCM", key), box, aad))
      return verdict(same(opened, test["msg"]) && makes(test, sealed, toHex(box)))
    }
  )

  file(
    "aes_siv_cmac",
    { "valid accepted": 39, "invalid refused": 108, "key not of 64 bytes": 295 },
    (test, group) => {
      if (group.keySize !== 512) return { excluded: "key not of 64 bytes" }
      const keyset = singleKey.deterministicAead(hex(test["key"]))
      const [aad, message] = [hex(test["aad"]), hex(test["msg"])]
      const opened = Option.getRight(DeterministicAead.open(keyset, hex(test["ct"]), aad))
      const sealed = () => DeterministicAead.seal(keyset, message, aad)
      return verdict(same(opened, test["msg"]) && makes(test, sealed, test["ct"]))
    }
  )

  file("aes_wrap", { "valid accepted": 36, "invalid refused": 126, "acceptable refused": 3 }, (test) => {
    const kek = hex(test["key"])
    const unwrapped = AesKeyWrap.unwrap(kek, hex(test["ct"]))
    return verdict(
      same(unwrapped, test["msg"]) && makes(test, () => AesKeyWrap.wrap(kek, hex(test["msg"])), test["ct"])
    )
  })

  file("aes_kwp", { "valid accepted": 77, "invalid refused": 177 }, (test) => {
    const kek = hex(test["key"])
    const unwrapped = AesKeyWrap.unwrapPadded(kek, hex(test["ct"]))
    return verdict(
      same(unwrapped, test["msg"]) && makes(test, () => AesKeyWrap.wrapPadded(kek, hex(test["msg"])), test["ct"])
    )
  })

  file("hmac_sha256", { "valid accepted": 66, "invalid refused": 108 }, (test, group) => {
    const keyset = singleKey.mac(hex(test["key"]), group.tagSize === 128 ? 16 : 32)
    const message = hex(test["msg"])
    return verdict(
      Mac.verify(keyset, message, hex(test["tag"])) && makes(test, () => Mac.compute(keyset, message), test["tag"])
    )
  })

  file("hkdf_sha256", { "valid accepted": 83, "invalid refused": 3 }, (test) => {
    const keyset = singleKey.prf(hex(test["ikm"]), hex(test["salt"]))
    const derived = Either.try(() => Redacted.value(Prf.derive(keyset, hex(test["info"]), Number(test["size"]))))
    return verdict(same(Option.getRight(derived), test["okm"]))
  })

  file("ed25519", { "valid accepted": 88, "invalid refused": 63 }, (test, group) => {
    const keyset = singleKey.verification(hex(group.publicKey?.pk))
    return verdict(Signature.verify(keyset, hex(test["msg"]), hex(test["sig"])))
  })

  const notShipped: Record<string, number> = {
    aes_cmac: 311,
    aes_gcm_siv: 202,
    chacha20_poly1305: 325,
    ecdsa_secp256r1_sha256: 484,
    ecdsa_secp256r1_sha256_p1363: 262,
    hkdf_sha512: 83,
    hmac_sha512: 174,
    pbkdf2_hmacsha256: 60,
    x25519: 518,
    xchacha20_poly1305: 315
  }
  for (const [name, count] of Object.entries(notShipped)) {
    file(name, { "algorithm not shipped": count }, () => ({ excluded: "algorithm not shipped" }))
  }
})
