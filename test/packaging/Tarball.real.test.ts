import { assert, beforeAll, describe, it } from "@effect/vitest"
import { execFile } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { afterAll } from "vitest"

const root = join(import.meta.dirname, "../..")
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  readonly name: string
  readonly version: string
  readonly exports: Readonly<Record<string, string | null | { readonly types: string; readonly default: string }>>
  readonly devDependencies: Readonly<Record<string, string>>
  readonly peerDependencies: Readonly<Record<string, string>>
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional: boolean }>>
}

/** Every published module, as a user names it. */
const entries = Object.entries(manifest.exports)
  .filter(([, target]) => typeof target === "object" && target !== null)
  .map(([path]) => `${manifest.name}${path.slice(1)}`)

const project = mkdtempSync(join(tmpdir(), "strata-user-"))

/** Waits without blocking: the runner loses a worker that does not answer for a minute. */
const run = async (command: string, args: ReadonlyArray<string>, cwd = project) => {
  const { stdout } = await promisify(execFile)(command, [...args], { cwd, maxBuffer: 64 * 1024 * 1024 })
  return stdout
}

const node = (program: string) => run(process.execPath, ["--input-type=module", "--eval", program])

// An application that takes all the optional peers, at the versions that are tested here.
beforeAll(async () => {
  await run(process.execPath, [join(root, "scripts/build.mjs")], root)
  const [{ filename }] = JSON.parse(await run("npm", ["pack", "--json", "--pack-destination", project], root)) as [
    { readonly filename: string }
  ]
  const peers = Object.keys(manifest.peerDependencies).map((name) => [name, manifest.devDependencies[name]])
  writeFileSync(
    join(project, "package.json"),
    JSON.stringify({
      private: true,
      type: "module",
      dependencies: { [manifest.name]: `file:./${filename}`, ...Object.fromEntries(peers) },
      devDependencies: { typescript: manifest.devDependencies["typescript"] }
    })
  )
  // Nothing here opens a database, and compiling the binding takes a minute.
  await run("npm", ["install", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"])
}, 600_000)

afterAll(() => rmSync(project, { recursive: true, force: true }))

describe("the package, installed from its tarball", () => {
  it("brings one copy of effect, of the third major", async () => {
    const copies = await run(process.execPath, [join(root, "scripts/one-effect.mjs"), project])
    assert.match(copies, /^effect: 3\.\S+ \S+$/m)
  })

  it("lets every entry be imported, without any optional peer but for the vitest runner", async () => {
    assert.isNotEmpty(entries)
    const names = await node(
      `import { register } from "node:module"
      const optional = ${JSON.stringify(Object.keys(manifest.peerDependenciesMeta))}
      register("data:text/javascript," + encodeURIComponent(\`
        const optional = \${JSON.stringify(optional)}
        export const resolve = (specifier, context, next) => {
          if (optional.some((name) => specifier === name || specifier.startsWith(name + "/"))) {
            throw new Error(specifier + " is not installed, asked for by " + context.parentURL)
          }
          return next(specifier, context)
        }\`))
      const names = {}
      for (const entry of ${JSON.stringify(entries.filter((entry) => !entry.endsWith("/vitest")))}) {
        names[entry] = Object.keys(await import(entry)).length
      }
      console.log(JSON.stringify(names))`
    )
    const empty = Object.entries(JSON.parse(names) as Record<string, number>).filter(([, exported]) => exported === 0)
    assert.deepStrictEqual(empty, [])
  })

  it("keeps what is not an entry to itself", async () => {
    const answer = await node(
      `const failure = await import("${manifest.name}/internal/main.js").catch((error) => error)
      console.log(failure.code)`
    )
    assert.strictEqual(answer.trim(), "ERR_PACKAGE_PATH_NOT_EXPORTED")
  })

  for (const [module, moduleResolution] of [["nodenext", "nodenext"], ["esnext", "bundler"]] as const) {
    it(`has types for every entry under ${moduleResolution}`, async () => {
      const folder = join(project, moduleResolution)
      mkdirSync(folder)
      const lines = entries.map((entry, index) =>
        `import * as E${index} from "${entry}"\nexport const some${index}: [keyof typeof E${index}] extends [never] ? never : true = true`
      )
      writeFileSync(join(folder, "all.ts"), lines.join("\n"))
      const compilerOptions = {
        module,
        moduleResolution,
        target: "es2023",
        strict: true,
        noEmit: true,
        skipLibCheck: true,
        types: []
      }
      writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["all.ts"] }))
      assert.strictEqual(await run(process.execPath, ["node_modules/typescript/bin/tsc", "--project", folder]), "")
    })
  }

  it("has a command that answers", async () => {
    assert.include(await run(join(project, "node_modules/.bin/strata"), ["--version"]), manifest.version)
  })
})
