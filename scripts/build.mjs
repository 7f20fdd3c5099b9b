// dist/: the bundled command, and the library as modules with declarations.
import { spawnSync } from "node:child_process"
import { rm } from "node:fs/promises"
import { join } from "node:path"
import { bundle } from "./bundle.mjs"

const root = join(import.meta.dirname, "..")

await rm(join(root, "dist"), { recursive: true, force: true })
await bundle({ source: join(root, "src/main.ts"), target: join(root, "dist/bin/strata.js") })
const tsc = spawnSync(
  process.execPath,
  [join(root, "node_modules/typescript/bin/tsc"), "--project", join(root, "tsconfig.build.json")],
  { stdio: "inherit" }
)
process.exitCode = tsc.status ?? 1
