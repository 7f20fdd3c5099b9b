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

/** One file with its packages, as an application ships it, and we the command. */
const bundled = async () => {
  const outfile = join(root, "node_modules/.cache/strata/networkEntry.mjs")
  await build({
    entryPoints: ["src/entry/Network.ts"],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    banner: {
      js: `import { createRequire as createRequireForBundle } from "node:module"
const require = createRequireForBundle(import.meta.url)`
    },
    logLevel: "warning"
  })
  return outfile
}

const imported = (prepare: () => Promise<string>, cost: "cpu" | "rss"): Subject => async () => {
  const entry = await prepare()
  return { sample: async () => (await runNode(root, [entry]))[cost] }
}

const common = { group: "http", better: "lower" } as const
const cpu = { ...common, unit: "ms", target: 550 } as const
const resident = { ...common, unit: "MB", target: 95 } as const

export const networkEntry: ReadonlyArray<Benchmark> = [
  { ...cpu, name: "import of the network entry, bundled, CPU", subject: imported(bundled, "cpu") },
  { ...resident, name: "import of the network entry, bundled, resident", subject: imported(bundled, "rss") },
  { ...cpu, name: "import of the network entry, module by module, CPU", subject: imported(compiled, "cpu") },
  { ...resident, name: "import of the network entry, module by module, resident", subject: imported(compiled, "rss") }
]
