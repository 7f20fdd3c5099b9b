import { assert, describe, it } from "@effect/vitest"
import { Option } from "effect"
import { createHash } from "node:crypto"
import * as Xaes256Gcm from "../../../../src/infrastructure/security/encryption/Xaes256Gcm.ts"

const text = (value: string) => new TextEncoder().encode(value)
const nonce = text("ABCDEFGHIJKLMNOPQRSTUVWX")

/** C2SP, XAES-256-GCM, "Test vectors". */
const published = [
  { key: 0x01, aad: "", box: "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271" },
  { key: 0x03, aad: "c2sp.org/XAES-256-GCM", box: "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d" }
]

describe("Xaes256Gcm", () => {
  for (const { aad, box, key } of published) {
    it(`makes and opens the published box under key ${key}`, () => {
      const cipher = Xaes256Gcm.make(new Uint8Array(32).fill(key))
      const sealed = cipher.unsafeSealWith(nonce, text("XAES-256-GCM"), text(aad))
      assert.strictEqual(Buffer.from(sealed.subarray(24)).toString("hex"), box)
      const opened = cipher.open(sealed, 0, text(aad))
      assert.isTrue(Option.exists(opened, (bytes) => Buffer.from(bytes).toString() === "XAES-256-GCM"))
    })
  }

  it("passes the specification's accumulated test of 10,000 random inputs", () => {
    const inputs = createHash("shake128", { outputLength: 10_000 * (32 + 24 + 2 + 2 * 255) }).digest()
    let at = 0
    const read = (length: number) => inputs.subarray(at, at += length)
    const outputs = createHash("shake128", { outputLength: 32 })
    for (let round = 0; round < 10_000; round++) {
      const [key, random] = [read(32), read(24)]
      const plaintext = read(read(1)[0] ?? 0)
      const aad = read(read(1)[0] ?? 0)
      const cipher = Xaes256Gcm.make(key)
      const sealed = cipher.unsafeSealWith(random, plaintext, aad)
      const opened = cipher.open(sealed, 0, aad)
      assert.isTrue(Option.exists(opened, (bytes) => plaintext.equals(bytes)))
      outputs.update(sealed.subarray(24))
    }
    assert.strictEqual(
      outputs.digest("hex"),
      "e6b9edf2df6cec60c8cbd864e2211b597fb69a529160cd040d56c0c210081939"
    )
  })

  it("takes keys of 32 bytes and nonces of 24 only", () => {
    for (const length of [0, 16, 24, 31, 33]) assert.throws(() => Xaes256Gcm.make(new Uint8Array(length)), TypeError)
    const cipher = Xaes256Gcm.make(new Uint8Array(32))
    for (const length of [0, 12, 23, 25]) {
      assert.throws(() => cipher.unsafeSealWith(new Uint8Array(length), nonce, nonce), TypeError)
    }
  })

  it("refuses what is too short for a nonce and a tag", () => {
    const cipher = Xaes256Gcm.make(new Uint8Array(32))
    for (let length = 0; length < Xaes256Gcm.overhead; length++) {
      assert.isTrue(Option.isNone(cipher.open(new Uint8Array(length), 0, nonce)), `${length} bytes`)
    }
  })
})
