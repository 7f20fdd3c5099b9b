import { assert, describe, it } from "@effect/vitest"
import { Option } from "effect"
import { nearest } from "../../../../src/infrastructure/config/env/Nearest.ts"

const known = ["STRATA_API_URL", "STRATA_API_TIMEOUT", "STRATA_HOME"]

describe("nearest", () => {
  it("finds what differs by up to three edits of any kind", () => {
    for (const name of ["STRATA_API_URL", "STRATA_API_URLS", "STRATA_AP_URL", "STRATA_APIURI", "STRTAA_API_URL"]) {
      assert.deepStrictEqual(nearest(name, known), Option.some("STRATA_API_URL"))
    }
  })

  it("finds nothing at four edits", () => {
    assert.deepStrictEqual(nearest("STRATA_HOME_XYZ", known), Option.none())
    assert.deepStrictEqual(nearest("STRATA_HOME_YZ", known), Option.some("STRATA_HOME"))
  })

  it("prefers the nearest", () => {
    assert.deepStrictEqual(nearest("abd", ["xyz", "abcd", "abc", "abe"], 2), Option.some("abcd"))
  })
})
