import { assert, describe, it } from "@effect/vitest"
import { FastCheck, Option, Redacted } from "effect"
import * as RecoveryCode from "../../../../src/infrastructure/storage/secure/RecoveryCode.ts"

const format = (key: Uint8Array) => Redacted.value(RecoveryCode.format(Redacted.make(key)))

const parse = (code: string) =>
  Option.map(RecoveryCode.parse(Redacted.make(code)), (key) => Buffer.from(Redacted.value(key)).toString("hex"))

const property = (check: (key: Uint8Array, at: number) => void) =>
  FastCheck.assert(
    FastCheck.property(FastCheck.uint8Array({ minLength: 32, maxLength: 32 }), FastCheck.nat(55), check),
    { seed: 1234 }
  )

describe("RecoveryCode", () => {
  it("is 14 groups of 4 digits of Crockford's base 32", () => {
    property((key) => assert.match(format(key), /^(?:[0-9A-HJKMNP-TV-Z]{4}-){13}[0-9A-HJKMNP-TV-Z]{4}$/))
  })

  it("does not change from version to version", () => {
    assert.strictEqual(
      format(Uint8Array.from({ length: 32 }, (_, index) => index)),
      "000G-40R4-0M30-E209-185G-R38E-1W81-24GK-2GAH-C5RR-34D1-P70X-3RFP-B3SB"
    )
  })

  it("gives back its key however it was typed", () => {
    property((key) => {
      const code = format(key)
      const expected = Option.some(Buffer.from(key).toString("hex"))
      const typed = [
        code,
        code.toLowerCase(),
        code.replaceAll("-", ""),
        ` ${code.replaceAll("-", " ")}\n`,
        code.replaceAll("0", "O").replaceAll("1", "I"),
        code.toLowerCase().replaceAll("0", "o").replaceAll("1", "l")
      ]
      for (const text of typed) assert.deepStrictEqual(parse(text), expected)
    })
  })

  it("notices one wrong digit, two digits in the wrong order, and a missing one", () => {
    property((key, at) => {
      const text = format(key).replaceAll("-", "")
      const digit = text.charAt(at) === "7" ? "8" : "7"
      assert.isTrue(Option.isNone(parse(text.slice(0, at) + digit + text.slice(at + 1))))
      assert.isTrue(Option.isNone(parse(text.slice(0, at) + text.slice(at + 1))))
      const swapped = text.slice(0, at) + text.charAt(at + 1) + text.charAt(at) + text.slice(at + 2)
      if (swapped !== text) assert.isTrue(Option.isNone(parse(swapped)))
    })
  })

  for (const text of ["", "U".repeat(56), "0".repeat(55), "0".repeat(56), "0".repeat(10_000), "🔑"]) {
    it(`refuses "${text.slice(0, 8)}" of ${text.length} digits`, () => assert.isTrue(Option.isNone(parse(text))))
  }
})
