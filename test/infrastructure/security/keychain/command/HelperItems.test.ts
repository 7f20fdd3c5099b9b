import { assert, describe, it } from "@effect/vitest"
import { FastCheck, Option } from "effect"
import * as HelperItems from "../../../../../src/infrastructure/security/keychain/command/HelperItems.ts"

const seed = 20261122

describe("items of helpers", () => {
  it("come back from their URL, and from no other", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.string({ unit: "grapheme" }),
        FastCheck.string({ unit: "grapheme" }),
        (service, account) => {
          const url = HelperItems.urlOf({ service, account })
          assert.deepStrictEqual(HelperItems.itemOf(url), Option.some({ service, account }))
        }
      ),
      { seed }
    )
    for (
      const url of [
        "https://index.docker.io/v1/",
        "https://effect-strata.keychain/a",
        "https://effect-strata.keychain/a/b/c"
      ]
    ) {
      assert.isTrue(Option.isNone(HelperItems.itemOf(url)), url)
    }
  })

  it("keep any bytes, as text that is never empty and has one line", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.uint8Array(), (bytes) => {
        const secret = HelperItems.encode(bytes)
        assert.match(secret, /^[^\n\r\0]+$/)
        assert.deepStrictEqual(HelperItems.decode(secret), Option.some(bytes))
      }),
      { seed }
    )
  })

  it("keep text readable for other programs, and read theirs", () => {
    const bytes = new TextEncoder().encode("tok_123 äöü")
    assert.strictEqual(HelperItems.encode(bytes), "tok_123 äöü")
    assert.strictEqual(HelperItems.encode(new TextEncoder().encode("base64:")), "base64:YmFzZTY0Og==")
    assert.strictEqual(HelperItems.encode(new Uint8Array(0)), "base64:")
    assert.isTrue(Option.isNone(HelperItems.decode("base64:%%")))
  })
})
