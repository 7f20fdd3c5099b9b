/**
 * Files as a killed process leaves them.
 */
import { build } from "esbuild"
import { spawnSync } from "node:child_process"
import { cpSync } from "node:fs"
import { basename, join } from "node:path"
import * as Folder from "./Folder.ts"

/** Runs `program` on a folder until it has killed itself. */
export const make = async (program: string, ...args: ReadonlyArray<string>) => {
  const outfile = join(process.cwd(), "node_modules/.cache/strata", `${basename(program, ".ts")}.mjs`)
  await build({
    entryPoints: [program],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    packages: "external",
    logLevel: "warning"
  })
  const left = Folder.make()
  const { signal, stderr } = spawnSync(process.execPath, [outfile, left.folder, ...args], { encoding: "utf8" })
  if (signal !== "SIGKILL") throw new Error(`${program} was not killed: ${stderr}`)
  return {
    /** What recovery changes does not count for the next one. */
    copy: () => {
      const copy = Folder.make()
      cpSync(left.folder, copy.folder, { recursive: true })
      return copy
    },
    remove: left.remove
  }
}
