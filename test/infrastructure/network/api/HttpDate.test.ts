import { assert, describe, it } from "@effect/vitest"
import { Option } from "effect"
import * as HttpDate from "../../../../src/infrastructure/network/api/HttpDate.ts"

const millis = Date.UTC(1994, 10, 6, 8, 49, 37)

describe("HttpDate", () => {
  it("reads the three forms of RFC 9110", () => {
    for (
      const value of ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"]
    ) assert.deepStrictEqual(HttpDate.parse(value), Option.some(millis), value)
  })

  it("takes nothing else for a date", () => {
    for (
      const value of [
        undefined,
        "",
        "0",
        "1994-11-06T08:49:37Z",
        "Sun, 06 Nov 1994 08:49:37",
        "sun, 06 nov 1994 08:49:37 gmt",
        "Sun, 06 Foo 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT "
      ]
    ) assert.isTrue(Option.isNone(HttpDate.parse(value)), String(value))
  })

  it("writes the first form, without what is less than a second", () =>
    assert.strictEqual(HttpDate.format(millis + 999), "Sun, 06 Nov 1994 08:49:37 GMT"))
})
