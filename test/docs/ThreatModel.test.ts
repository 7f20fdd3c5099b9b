import { assert, describe, it } from "@effect/vitest"
import { existsSync, readFileSync } from "node:fs"
import { join, resolve } from "node:path"

const root = resolve(import.meta.dirname, "../..")
const page = readFileSync(join(root, "docs/threat-model.md"), "utf8")

/** `file`: title, as the last column of a row has it. */
const row = /^\|[^|]+\| `([^`]+\.test\.ts)`: (.+) \|$/gm

describe("the threat model", () => {
  it("names tests that exist, one for each claim", () => {
    const claims = page.slice(page.indexOf("## Claims"))
    const rows = claims.split("\n").filter((line) => line.startsWith("| ") && !line.startsWith("| claim"))
    const named = Array.from(claims.matchAll(row), ([, file = "", title = ""]) => ({ file, title }))
    assert.isAbove(rows.length, 10)
    assert.strictEqual(named.length, rows.length)
    const missing = named.filter(({ file, title }) => {
      const path = join(root, "test/infrastructure", file)
      return !existsSync(path) || !readFileSync(path, "utf8").includes(`"${title}"`)
    })
    assert.deepStrictEqual(missing, [])
  })
})
