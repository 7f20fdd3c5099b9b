import { assert, describe, it } from "@effect/vitest"
import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import { basename, dirname, join, relative, resolve } from "node:path"

const root = join(import.meta.dirname, "../..")

const filesIn = (folder: string): ReadonlyArray<string> =>
  fs.readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name))

const tracked = (folder: string): ReadonlyArray<string> =>
  execFileSync("git", ["ls-files", "--", folder], { cwd: root, encoding: "utf8" })
    .split("\n")
    .filter((name) => name.endsWith(".ts") && fs.existsSync(join(root, name)))

const read = (file: string) => fs.readFileSync(join(root, file), "utf8")

/** The ports that have a contract. */
const contracts = filesIn("src/testing/contract")
  .flatMap((file) => /^(\w+)Contract\.ts$/.exec(basename(file))?.[1] ?? [])

interface Adapter {
  readonly file: string
  readonly port: string
}

/** The services a file's exported layers give, by the layers' annotated types; compositions stand in `environments/`. */
const adaptersOf = (file: string, source: string): ReadonlyArray<Adapter> =>
  [...source.matchAll(/export const layer\w*\b[^\n]*?(?:\n[^\n]*?){0,8}?Layer\.Layer<([^,>]+)/g)]
    .flatMap(([, services = ""]) => services.split("|"))
    .map((service) => service.trim().split(".").at(-1) ?? "")
    .filter((service) => contracts.includes(service))
    .map((port) => ({ file, port }))

const infrastructure = filesIn("src/infrastructure")
const adapters = infrastructure
  .filter((file) => !file.startsWith("src/infrastructure/environments/"))
  .flatMap((file) => adaptersOf(file, read(file)))

interface Test {
  readonly source: string
  /** Paths of what it imports, itself or through a fixture beside it, from the root. */
  readonly imports: ReadonlyArray<string>
}

const directImports = (file: string): ReadonlyArray<string> =>
  [...read(file).matchAll(/from "(\.[^"]+)"/g)]
    .map(([, path = ""]) => relative(root, resolve(root, dirname(file), path)))
    .filter((imported) => fs.existsSync(join(root, imported)))

const importsOf = (file: string): ReadonlyArray<string> => {
  const imported = directImports(file)
  return [...imported, ...imported.filter((each) => each.startsWith("test/")).flatMap(directImports)]
}

const tests: ReadonlyArray<Test> = filesIn("test")
  .filter((file) => file.endsWith(".test.ts"))
  .map((file) => ({ source: read(file), imports: importsOf(file) }))

const contractFile = (port: string) => `src/testing/contract/${port}Contract.ts`

/** How often a test hands the contract of `port` to `runner`; by its name when the test imports several contracts. */
const uses = ({ imports, source }: Test, runner: "suite" | "bites", port: string) => {
  if (!imports.includes(contractFile(port))) return 0
  const several = contracts.filter((other) => imports.includes(contractFile(other))).length > 1
  const name = several ? `${port[0]?.toLowerCase()}${port.slice(1)}|${port}` : ""
  return [...source.matchAll(new RegExp(`\\b${runner}\\(\\s*(?:${name})`, "g"))].length
}

/** The ports themselves: a contract may also hold for several ports at once. */
const ports = new Set(
  [...filesIn("src/domain"), ...infrastructure]
    .flatMap((file) => [...read(file).matchAll(/class (\w+) extends Context\.Tag/g)])
    .map(([, name]) => name)
)

describe("contract coverage", () => {
  it("sees every file that is under version control", () => {
    for (const folder of ["src/infrastructure", "src/testing", "test"]) {
      const seen = filesIn(folder)
      const expected = tracked(folder)
      assert.isNotEmpty(expected, folder)
      assert.deepStrictEqual(expected.filter((file) => !seen.includes(file)), [])
    }
    assert.isAbove(contracts.length, 10)
    assert.isAbove(adapters.length, contracts.length)
  })

  it("finds an adapter by the annotation of its layer", () => {
    const found = (source: string) => adaptersOf("file", source).map(({ port }) => port)
    assert.deepStrictEqual(found("export const layer: Layer.Layer<Cache> = "), ["Cache"])
    assert.deepStrictEqual(
      found("export const layer = (options: Options): Layer.Layer<Cache.Cache | Other, E, R> => "),
      ["Cache"]
    )
    assert.deepStrictEqual(
      found("export const layerFile = (\n  options: Options\n): Layer.Layer<\n  ProcessLock,\n  E\n> =>"),
      ["ProcessLock"]
    )
    assert.deepStrictEqual(found("const layer: Layer.Layer<Cache> = "), [])
  })

  it("every adapter of a port that has a contract is tested with it", () => {
    const untested = adapters.filter(({ file, port }) =>
      !tests.some((test) => test.imports.includes(file) && uses(test, "suite", port) > 0)
    )
    assert.deepStrictEqual(untested, [])
  })

  it("every contract has an adapter and fails at least three broken ones", () => {
    const weak = contracts
      .map((port) => ({
        port,
        adapters: adapters.filter((adapter) => adapter.port === port).length,
        bites: tests.reduce((sum, test) => sum + uses(test, "bites", port), 0)
      }))
      .filter(({ adapters: found, bites, port }) => bites < 3 || (found === 0 && ports.has(port)))
    assert.deepStrictEqual(weak, [])
  })
})
