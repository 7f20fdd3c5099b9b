import { assert, describe, it } from "@effect/vitest"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { basename, join } from "node:path"

const root = join(import.meta.dirname, "../..")
const text = (path: string) => existsSync(join(root, path)) ? readFileSync(join(root, path), "utf8") : ""
const below = (folder: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => `${folder}/${name}`)

const domainPorts = below("src/domain").filter((path) => /extends Context\.Tag\(/.test(text(path)))
  .map((path) => basename(path, ".ts"))

/** Ports that only infrastructure calls; the others there are configuration and parts of one adapter. */
const ports = [...domainPorts, "AccessTokens", "KeysetStore", "LocalDatabase", "ProcessLock"]

const adapters = below("src/infrastructure")
  .filter((path) => !path.includes("/environments/") && /^export const layer\b/m.test(text(path)))
  .flatMap((path) =>
    ports.filter((port) =>
      new RegExp(`[a-z0-9]${port}\\.ts$`).test(path)
      || new RegExp(`Layer\\.(succeed|sync|effect|scoped)\\(\\s*${port}\\b`).test(text(path))
    ).map((port) => ({ path, port }))
  )

describe("every port", () => {
  it("has a contract that is itself tested on broken adapters", () => {
    assert.isAbove(domainPorts.length, 0)
    assert.deepStrictEqual(ports.filter((port) => text(`src/testing/contract/${port}Contract.ts`) === ""), [])
    const toothless = ports.filter((port) => {
      const test = text(`test/testing/contract/${port}Contract.test.ts`)
      return (test.match(/\bbites\(/g)?.length ?? 0) < 3 && !/for \(const [\s\S]*\bbites\(/.test(test)
    })
    assert.deepStrictEqual(toothless, [])
  })

  it("has an adapter in memory", () => {
    const inMemory = new Set(below("src/infrastructure").map((path) => basename(path, ".ts")))
    // A database in memory is SQLite's own.
    const expected = ports.filter((port) => port !== "LocalDatabase").map((port) => `Memory${port}`)
    assert.deepStrictEqual(expected.filter((name) => !inMemory.has(name)), [])
  })
})

describe("every adapter", () => {
  it("is named for its technology and its port", () => {
    const misnamed = adapters.filter(({ path, port }) => !new RegExp(`[a-z0-9]${port}\\.ts$`).test(path))
    assert.deepStrictEqual(misnamed, [])
  })

  it("is under its port's contract", () => {
    const missing = adapters.filter(({ path, port }) => {
      const mirrored = path.replace(/^src/, "test")
      const tests = [".test.ts", ".real.test.ts"].map((ending) => text(mirrored.replace(/\.ts$/, ending)))
      return !tests.some((test) => test.includes(`${port}Contract`) && test.includes("suite("))
    })
    assert.deepStrictEqual(missing.map(({ path }) => path), [])
  })

  it("is published, and so is every contract", () => {
    const entries = below("src/entry").map(text).join("\n")
    const contracts = below("src/testing/contract").filter((path) => path.endsWith("Contract.ts"))
      .map((path) => ({ path }))
    const missing = [...adapters, ...contracts].filter(({ path }) => !entries.includes(path.replace(/^src/, "..")))
    assert.deepStrictEqual(missing.map(({ path }) => path), [])
  })
})
