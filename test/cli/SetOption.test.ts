import { assert, describe, it } from "@effect/vitest"
import { extract } from "../../src/cli/SetOption.ts"

describe("--set", () => {
  it("takes settings out of the arguments, wherever they stand", () => {
    assert.deepStrictEqual(extract(["node", "strata", "--set", "A_B=x=y", "notes", "list", "--set", "C=", "--json"]), {
      argv: ["node", "strata", "notes", "list", "--json"],
      overrides: { A_B: "x=y", C: "" }
    })
  })

  it("leaves what is not a setting for the command to refuse", () => {
    assert.deepStrictEqual(extract(["node", "strata", "--set", "nonsense"]).argv, [
      "node",
      "strata",
      "--set",
      "nonsense"
    ])
    assert.deepStrictEqual(extract(["node", "strata", "--set"]).argv, ["node", "strata", "--set"])
  })
})
