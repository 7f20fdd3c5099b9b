import { assert, describe, it } from "@effect/vitest"
import { execFileSync, spawnSync } from "node:child_process"
import { rmSync } from "node:fs"
import { join } from "node:path"
import * as ImportGraph from "./ImportGraph.ts"
import { plant } from "./PlantedImports.ts"

const root = join(import.meta.dirname, "../..")

const lint = (folder: string) => {
  const { stdout } = spawnSync(join(root, "node_modules/.bin/oxlint"), ["--format", "json"], {
    cwd: folder,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024
  })
  const { diagnostics, number_of_files: files } = JSON.parse(stdout) as {
    readonly diagnostics: ReadonlyArray<{ readonly code: string; readonly filename: string }>
    readonly number_of_files: number
  }
  const boundary = diagnostics.filter(({ code }) => /no-restricted-imports|no-cycle/.test(code))
  return { files, wrong: new Set(boundary.map(({ filename }) => filename)) }
}

describe("lint", () => {
  it("finds every planted import that a specifier gives away, for values and for types, and nothing else", () => {
    const { folder, planted } = plant(root)
    const { files, wrong } = lint(folder)
    rmSync(folder, { recursive: true })
    assert.isAtLeast(files, planted.length)
    const expected = planted.filter(({ allowed, graphOnly }) => !allowed && graphOnly !== true).map(({ file }) => file)
    assert.deepStrictEqual(expected.filter((file) => !wrong.has(file)), [])
    const innocent = [...wrong].filter((file) => !expected.includes(file) && file !== "src/domain/CycleB.ts")
    assert.deepStrictEqual(innocent, [])
  })
})

describe("the import graph", () => {
  it("has every source file that git tracks", async () => {
    const tracked = execFileSync("git", ["ls-files", "src/*.ts"], { cwd: root, encoding: "utf8" }).trim().split("\n")
    const { modules } = await ImportGraph.read(root)
    assert.isAbove(tracked.length, 0)
    assert.deepStrictEqual(tracked.filter((name) => !modules.includes(name)), [])
  })
})
