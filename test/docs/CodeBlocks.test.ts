import { assert, describe, it } from "@effect/vitest"
import * as CodeBlocks from "./CodeBlocks.ts"

const tests = CodeBlocks.writeAll("run").filter(({ file }) => file.endsWith(".test.ts"))

describe("code blocks of the documentation", () => {
  it("bring tests of their own, which follow", () => assert.isAbove(tests.length, 3))
})

for (const { path } of tests) await import(path)
