/**
 * What a program pays for `import "effect-strata/network"` before it does anything.
 */
import { build } from "esbuild"
import { readdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { directImports } from "../../scripts/direct-imports.mjs"
import { runNode } from "../Cost.ts"
import type { Benchmark, Subject } from "../Harness.ts"

const root = process.cwd()

/** Module by module, as the published package has them. */
const compiled = async () => {
  const outdir = join(root, "node_modules/.cache/strata/modules")
  await build({
    entryPoints: ["src/**/*.ts"],
    outdir,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    packages: "external",
    logLevel: "warning",
    plugins: [{
      name: "modules stay apart",
      setup: ({ onResolve }) => {
        onResolve(
          { filter: /^\.{1,2}\/.*\.ts$/ },
          ({ kind, path }) => kind === "entry-point" ? undefined : { path: path.replace(/ts$/, "js"), external: true }
        )
      }
    }]
  })
  const modules = (await readdir(outdir, { recursive: true })).filter((name) => name.endsWith(".js"))
  await Promise.all(modules.map(async (name) => {
    const file = join(outdir, name)
    await writeFile(file, directImports(await readFile(file, "utf8")))
  }))
  return join(outdir, "entry/Network.js")
}

const imported = (cost: "cpu" | "rss"): Subject => async () => {
  const entry = await compiled()
  return { sample: async () => (await runNode(root, [entry]))[cost] }
}

const common = { group: "http", better: "lower" } as const

export const networkEntry: ReadonlyArray<Benchmark> = [
  { ...common, name: "import of the network entry, CPU", unit: "ms", target: 550, subject: imported("cpu") },
  { ...common, name: "import of the network entry, resident", unit: "MB", target: 95, subject: imported("rss") }
]
