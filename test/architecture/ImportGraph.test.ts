import { assert, describe, it } from "@effect/vitest"
import { readdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import * as ImportGraph from "./ImportGraph.ts"
import { plant } from "./PlantedImports.ts"

const root = join(import.meta.dirname, "../..")

const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts"))
  .map((name) => `src/${name}`)

/** A package by its name, as it is imported. */
const imported = (resolved: string) =>
  resolved === "fs" ? "node:fs" : resolved.replace(/^node_modules\/([^/]+)\/.*$/, "$1")

/** Reading some hundred files takes seconds on a machine that is busy with other tests. */
const patience = 60_000

const edge = ({ file, target }: { readonly file: string; readonly target: string }) => `${file} -> ${target}`

describe("the import graph", () => {
  it("holds to the import table, having seen every source file", async () => {
    const { modules, violations } = await ImportGraph.read(root)
    assert.deepStrictEqual(sources.filter((name) => !modules.includes(name)), [])
    assert.deepStrictEqual(violations, [])
  }, patience)

  it("finds every planted violation, for values and for types, and nothing else", async () => {
    const { folder, planted } = plant(root)
    const { modules, violations } = await ImportGraph.read(folder)
    rmSync(folder, { recursive: true })
    const wrong = planted.filter(({ allowed }) => !allowed)
    const found = new Set(violations.map(({ from, to }) => edge({ file: from, target: imported(to) })))
    assert.isAbove(wrong.length, 400)
    assert.isAtLeast(modules.length, planted.length)
    assert.deepStrictEqual(wrong.map(edge).filter((one) => !found.has(one)), [])
    assert.deepStrictEqual([...found].filter((one) => !wrong.some((planned) => edge(planned) === one)), [])
  }, patience)
})
