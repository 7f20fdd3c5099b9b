// `npm run bench`: the benchmarks are TypeScript, which node 20 does not run, so they are bundled first.
import { build, stop } from "esbuild"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { bundleWhenOld } from "./bundle.mjs"

const root = join(import.meta.dirname, "..")
process.chdir(root)

const outfile = join(root, "node_modules/.cache/strata/bench.mjs")
await build({
  entryPoints: ["bench/main.ts"],
  outfile,
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20",
  packages: "external",
  sourcemap: "inline",
  logLevel: "warning"
})
await stop()

if (existsSync("src/main.ts")) {
  await bundleWhenOld({
    source: join(root, "src/main.ts"),
    sources: ["src", "package.json", "package-lock.json"].map((name) => join(root, name)),
    target: join(root, "dist/bin/strata.js")
  })
}

const { main } = await import(pathToFileURL(outfile).href)
process.exitCode = await main(process.argv.slice(2), process.env.CI === "true")
