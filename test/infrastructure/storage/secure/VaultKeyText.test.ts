import { assert, describe, it } from "@effect/vitest"
import { FastCheck, Option, Redacted } from "effect"
import * as VaultKeyText from "../../../../src/infrastructure/storage/secure/VaultKeyText.ts"

const parse = (bytes: Uint8Array) =>
  VaultKeyText.parse(bytes).pipe(Option.map((key) => Buffer.from(Redacted.value(key)).toString("hex")))

const parseText = (text: string) => parse(Buffer.from(text, "latin1"))

describe("VaultKeyText", () => {
  it("reads any 32 bytes raw, in hexadecimal and in base64 of either alphabet", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        const key = Buffer.from(bytes)
        const expected = Option.some(key.toString("hex"))
        // What is all text is taken for a password; random bytes are not.
        const raw = Buffer.from(key)
        raw[0] = 0xff
        assert.deepStrictEqual(parse(raw), Option.some(raw.toString("hex")))
        for (const text of [key.toString("hex"), key.toString("base64"), key.toString("base64url")]) {
          assert.deepStrictEqual(parseText(text), expected)
          assert.deepStrictEqual(parseText(`  ${text}\r\n`), expected)
        }
        assert.deepStrictEqual(parseText(key.toString("hex").toUpperCase()), expected)
      }),
      { seed: 20_26 }
    )
  })

  const key = Buffer.alloc(32, 0xa5)
  const refused: ReadonlyArray<readonly [string, Uint8Array]> = [
    ["nothing", Buffer.alloc(0)],
    ["31 bytes", key.subarray(1)],
    ["33 bytes", Buffer.concat([key, key]).subarray(0, 33)],
    ["a password of 32 characters", Buffer.from("correct horse battery staple 123")],
    ["63 hexadecimal digits", Buffer.from(key.toString("hex").slice(1))],
    ["base64 of 31 bytes", Buffer.from(key.subarray(1).toString("base64"))],
    ["base64 of 33 bytes", Buffer.from(Buffer.concat([key, key]).subarray(0, 33).toString("base64"))],
    ["base64 with set bits that say nothing", Buffer.from(`${key.toString("base64").slice(0, 42)}V=`)],
    ["two keys", Buffer.from(`${key.toString("base64")}\n${key.toString("base64")}`)],
    ["a megabyte", Buffer.alloc(1 << 20, 0x61)]
  ]
  for (const [what, bytes] of refused) {
    it(`refuses ${what}`, () => assert.isTrue(Option.isNone(parse(bytes))))
  }

  it("generates keys that differ", () => {
    const keys = Array.from({ length: 8 }, () => Buffer.from(Redacted.value(VaultKeyText.generate())).toString("hex"))
    assert.strictEqual(new Set(keys).size, 8)
    assert.isTrue(keys.every((text) => text.length === 64))
  })
})
