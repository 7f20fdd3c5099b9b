import { assert, describe, it } from "@effect/vitest"
import { Duration } from "effect"
import * as Output from "../../src/cli/Output.ts"

describe("Output", () => {
  it("gives durations in the unit that suits", () => {
    const shown = [0.4, 3.21, 250, 1500, 120_000].map((millis) => Output.duration(Duration.millis(millis)))
    assert.deepStrictEqual(shown, ["400 us", "3.2 ms", "250 ms", "1.5 s", "2 min"])
  })

  it("aligns columns by what is seen, not by escape sequences", () => {
    const lines = Output.columns([[Output.bold("a"), "1"], ["long", "2"]])
    assert.deepStrictEqual(lines.map(Output.stripStyles), ["a     1", "long  2"])
  })

  it("shows control characters instead of sending them to the terminal", () => {
    assert.strictEqual(Output.printable("a\u001b[31mb\u0007\r"), "a\uFFFD[31mb\uFFFD\uFFFD")
    assert.strictEqual(Output.printable("line\n\tindented"), "line\n\tindented")
  })
})
