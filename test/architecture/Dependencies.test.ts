import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { join } from "node:path"

const root = join(import.meta.dirname, "../..")
const read = (name: string) => readFileSync(join(root, name), "utf8")

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
  readonly peerDependencies: Readonly<Record<string, string>>
}

const manifest = JSON.parse(read("package.json")) as Manifest
const lock = JSON.parse(read("package-lock.json")) as {
  readonly packages: Readonly<Record<string, { readonly version?: string }>>
}
const pinned = { ...manifest.dependencies, ...manifest.devDependencies }
const lockedVersion = (name: string) => lock.packages[`node_modules/${name}`]?.version

describe("dependencies", () => {
  it("are pinned exactly, to what the lock file has", () => {
    assert.isNotEmpty(Object.keys(pinned))
    assert.deepStrictEqual(Object.entries(pinned).filter(([name, version]) => lockedVersion(name) !== version), [])
  })

  it("are justified by one line each, and no line outlives its package", () => {
    const lines = [...read("docs/dependencies.md").matchAll(/^\| `([^`]+)` \| (.+) \|$/gm)].map(([, name]) => name)
    assert.deepStrictEqual(lines.toSorted(), Object.keys(pinned).toSorted())
  })

  it("that are peers are also pinned for development", () => {
    assert.deepStrictEqual(Object.keys(manifest.peerDependencies).filter((name) => !(name in pinned)), [])
  })

  it("hold one version of effect, of the third major", () => {
    const copies = Object.entries(lock.packages).filter(([path]) => /(^|\/)node_modules\/effect$/.test(path))
    assert.strictEqual(copies.length, 1)
    assert.match(copies[0]?.[1].version ?? "", /^3\./)
  })
})
