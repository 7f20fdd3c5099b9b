import { assert, describe, it } from "@effect/vitest"
import { Duration, Option } from "effect"
import * as RetryAfter from "../../../../../src/infrastructure/network/api/retry/RetryAfter.ts"

const now = Date.UTC(1994, 10, 6, 8, 49, 37)
const seconds = (value: string | undefined) =>
  Option.getOrUndefined(Option.map(RetryAfter.parse(value, now), Duration.toSeconds))

describe("RetryAfter", () => {
  it("reads seconds", () => {
    assert.strictEqual(seconds("120"), 120)
    assert.strictEqual(seconds(" 1 "), 1)
  })

  it("reads the three forms of an HTTP date", () => {
    assert.strictEqual(seconds("Sun, 06 Nov 1994 08:50:37 GMT"), 60)
    assert.strictEqual(seconds("Sunday, 06-Nov-94 08:50:37 GMT"), 60)
    assert.strictEqual(seconds("Sun Nov  6 08:50:37 1994"), 60)
  })

  it("ignores what is past, zero, negative, fractional or not understood", () => {
    for (
      const value of [
        undefined,
        "",
        "0",
        "-1",
        "1.5",
        "soon",
        "1e3",
        "99999999999999999999",
        "1994-11-06T08:50:37Z",
        "Sun, 06 Nov 1994 08:48:37 GMT",
        "Sun, 06 Nov 1994 08:50:37"
      ]
    ) assert.isUndefined(seconds(value), String(value))
  })
})
