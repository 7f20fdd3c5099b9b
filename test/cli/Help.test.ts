import { assert, describe, it } from "@effect/vitest"
import * as Help from "../../src/cli/Help.ts"
import { stripStyles } from "../../src/cli/Output.ts"

describe("Help", () => {
  it("knows the command of an argument list", () => {
    assert.strictEqual(Help.commandPath(["traces", "show", "--help"]), "traces show")
    assert.strictEqual(Help.commandPath(["--help"]), "")
    assert.strictEqual(Help.commandPath(["nonsense"]), "")
  })

  it("puts examples first and names the whole command in the usage line", () => {
    const text = Help.rewrite("traces show")("strata\n\nstrata 0.1.0\n\nUSAGE\n\n$ show [--json] <ID>\n\nOPTIONS")
    assert.isTrue(stripStyles(text).startsWith("EXAMPLES\n\n  $ strata traces show"))
    assert.include(text, "$ strata traces show [--json] <ID>")
  })

  it("leaves other output alone", () => {
    assert.strictEqual(Help.rewrite("notes list")("{\"version\":1}"), "{\"version\":1}")
  })
})
