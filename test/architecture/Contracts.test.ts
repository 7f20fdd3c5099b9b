import { assert, describe, it } from "@effect/vitest"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { basename, join } from "node:path"

const root = join(import.meta.dirname, "../..")
const text = (path: string) => readFileSync(join(root, path), "utf8")
const below = (folder: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => `${folder}/${name}`)

const domainPorts = below("src/domain").filter((path) => /extends Context\.Tag\(/.test(text(path)))
  .map((path) => basename(path, ".ts"))

/** Ports that only infrastructure calls; the others there are configuration and parts of one adapter. */
const ports = [...domainPorts, "AccessTokens", "Keychain", "KeysetStore", "Lease", "LocalDatabase", "ProcessLock"]

const adapters = below("src/infrastructure")
  .filter((path) => !path.includes("/environments/") && /^export const layer\b/m.test(text(path)))
  .flatMap((path) =>
    ports.filter((port) =>
      new RegExp(`[a-z0-9]${port}\\.ts$`).test(path)
      || new RegExp(`Layer\\.(succeed|sync|effect|scoped)\\(\\s*${port}\\b`).test(text(path))
    ).map((port) => ({ path, port }))
  )

describe("every port", () => {
  it("has a contract", () => {
    assert.isAbove(domainPorts.length, 0)
    const missing = ports.filter((port) => !existsSync(join(root, `src/testing/contract/${port}Contract.ts`)))
    assert.deepStrictEqual(missing, [])
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

  it("is published, and so is every contract", () => {
    const entries = below("src/entry").map(text).join("\n")
    const contracts = below("src/testing/contract").filter((path) => path.endsWith("Contract.ts"))
    const missing = [...adapters.map(({ path }) => path), ...contracts].filter((path) =>
      !entries.includes(path.replace(/^src/, ".."))
    )
    assert.deepStrictEqual(missing, [])
  })
})
