// `npm start`: the tour, from a bundle that is built here when it is missing or old.
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { bundleWhenOld } from "./bundle.mjs"

const root = join(import.meta.dirname, "..")
const target = join(root, "dist/bin/strata.js")

await bundleWhenOld({
  source: join(root, "src/main.ts"),
  sources: ["src", "package.json", "package-lock.json"].map((name) => join(root, name)),
  target
})

// npm starts scripts in the package's folder; paths on the command line are relative to the caller's.
if (process.env.INIT_CWD !== undefined) {
  process.chdir(process.env.INIT_CWD)
}

// In this process, so that signals and the exit code are the command's own.
const words = process.argv.slice(2)
process.argv = [process.execPath, target, "tour", ...(words.length === 0 ? [join(root, "docs")] : words)]
await import(pathToFileURL(target).href)
