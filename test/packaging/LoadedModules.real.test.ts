import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { execFile } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join, relative, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

const root = resolve(import.meta.dirname, "../..")
const run = promisify(execFile)

interface Metafile {
  readonly outputs: Readonly<Record<string, { readonly inputs: Readonly<Record<string, unknown>> }>>
}

/** Writes down every module that node loads. */
const recorder = `import { register } from "node:module"
register("data:text/javascript," + encodeURIComponent(\`
  import { appendFileSync } from "node:fs"
  export const load = (url, context, next) => {
    appendFileSync(\${JSON.stringify(process.env.LOADED)}, url + "\\\\n")
    return next(url, context)
  }\`))`

// Inside the project, so that the one external package resolves.
const place = join(root, "node_modules/.cache/strata")
mkdirSync(place, { recursive: true })
const folder = mkdtempSync(join(place, "loaded-"))
const command = join(folder, "dist/bin/strata.js")
const sourcesOf = new Map<string, ReadonlyArray<string>>()

beforeAll(async () => {
  writeFileSync(join(folder, "recorder.mjs"), recorder)
  const { stdout } = await run(process.execPath, [
    "--input-type=module",
    "--eval",
    `import { bundle } from "./scripts/bundle.mjs"
    process.stdout.write(JSON.stringify(await bundle(${JSON.stringify({ source: "src/main.ts", target: command })})))`
  ], { cwd: root, maxBuffer: 256 * 1024 * 1024 })
  for (const [output, { inputs }] of Object.entries((JSON.parse(stdout) as Metafile).outputs)) {
    sourcesOf.set(resolve(root, output), Object.keys(inputs))
  }
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Sources of every module that the command loaded: of the project, and of packages by their path. */
const loaded = async (home: string, args: ReadonlyArray<string>) => {
  const list = join(folder, `${home}.txt`)
  await run(process.execPath, ["--import", join(folder, "recorder.mjs"), command, ...args], {
    env: { LOADED: list, STRATA_HOME: join(folder, home), STRATA_ENV: "local" }
  })
  const files = readFileSync(list, "utf8").split("\n").filter((url) => url.startsWith("file:")).map((url) =>
    fileURLToPath(url)
  )
  return files.flatMap((file) => sourcesOf.get(file) ?? [relative(root, file)])
}

const adapters = /^src\/infrastructure\/(security|storage|network|datasources|services)\//
const theirPackages = /node_modules\/(better-sqlite3|undici|ws|lru-cache|@opentelemetry|@effect\/(sql|opentelemetry))/

describe("the command", () => {
  const quick = { version: ["--version"], help: ["--help"], check: ["config", "check"], explain: ["config", "explain"] }
  for (const [home, args] of Object.entries(quick)) {
    it(`loads no adapter for ${args.join(" ")}`, async () => {
      const sources = await loaded(home, args)
      assert.include(sources, "src/main.ts")
      assert.deepStrictEqual(sources.filter((source) => adapters.test(source) || theirPackages.test(source)), [])
    })
  }

  it("loads for a profile what that profile selects, and nothing of the others", async () => {
    const notes = join(folder, "notes")
    mkdirSync(notes)
    writeFileSync(join(notes, "one.md"), "# One\n")
    const sources = await loaded("tour", ["tour", notes])
    assert.isTrue(sources.some((source) => source.includes("node_modules/better-sqlite3/")))
    const others = /environments\/(Development|Staging|Production|Test)\.ts|exporter-\w+-otlp/
    assert.deepStrictEqual(sources.filter((source) => others.test(source)), [])
  })
})
