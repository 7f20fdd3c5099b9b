// dist/: the bundled command, and the library as modules with declarations.
import { spawnSync } from "node:child_process"
import { readdir, readFile, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { bundle } from "./bundle.mjs"
import { directImports } from "./direct-imports.mjs"

const root = join(import.meta.dirname, "..")
const dist = join(root, "dist")

await rm(dist, { recursive: true, force: true })
await bundle({ source: join(root, "src/main.ts"), target: join(dist, "bin/strata.js") })
const tsc = spawnSync(
  process.execPath,
  [join(root, "node_modules/typescript/bin/tsc"), "--project", join(root, "tsconfig.build.json")],
  { stdio: "inherit" }
)
for (const name of await readdir(dist, { recursive: true })) {
  if (!name.endsWith(".js") || name.startsWith("bin")) continue
  const file = join(dist, name)
  await writeFile(file, directImports(await readFile(file, "utf8")))
}
process.exitCode = tsc.status ?? 1
