import { assert, describe, it } from "@effect/vitest"
import { main } from "../../bench/main.ts"

const run = async (...args: ReadonlyArray<string>) => {
  const printed = { out: "", complaints: "" }
  const code = await main(
    args,
    false,
    { write: (text) => printed.out += text },
    { write: (text) => printed.complaints += text }
  )
  return { code, ...printed }
}

describe("npm run bench", () => {
  for (const flag of ["--help", "-h"]) {
    it(`prints its usage with examples for ${flag}`, async () => {
      const { code, complaints, out } = await run(flag)
      assert.strictEqual(code, 0)
      assert.include(out, "Examples:\n  npm run bench\n")
      assert.strictEqual(complaints, "")
    })
  }

  for (
    const [title, args, complaint] of [
      ["an unknown option", ["--rouns", "5"], "Unknown option '--rouns'"],
      ["an unknown group", ["htpp"], "Unknown group htpp. There are: cache, "],
      ["rounds that are no number", ["http", "--rounds", "many"], "--rounds has to be a whole number from 1, not many"]
    ] as const
  ) {
    it(`refuses ${title} and says where help is`, async () => {
      const { code, complaints, out } = await run(...args)
      assert.strictEqual(code, 2)
      assert.isTrue(complaints.startsWith(complaint))
      assert.isTrue(complaints.endsWith("See npm run bench -- --help\n"))
      assert.strictEqual(out, "")
    })
  }
})
