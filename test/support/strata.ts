import { spawn } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { on, once } from "node:events"
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { join, resolve } from "node:path"

const root = resolve(import.meta.dirname, "../..")

// Inside the project, so that the bundle's one external package resolves.
const place = join(root, "node_modules/.cache/strata")

/** The built command, in a folder of the caller's. */
export interface Strata {
  readonly folder: string
  readonly command: string
  readonly remove: () => void
}

/** Its exit code, as a shell tells it. */
export const finished = async (child: ChildProcess): Promise<number> => {
  const [code] = (await once(child, "close")) as [number | null]
  return code ?? 137
}

/** Waits for `text` on standard output. */
export const printed = async (child: ChildProcess, text: string): Promise<void> => {
  let seen = ""
  for await (const [chunk] of on(child.stdout ?? child, "data", { close: ["end"] })) {
    seen += String(chunk)
    if (seen.includes(text)) return
  }
  throw new Error(`it ended before it printed "${text}": ${seen}`)
}

/** Bundles the command, or another program, as `npm start` does. */
export const build = async (name: string, entry = "src/main.ts"): Promise<Strata> => {
  mkdirSync(place, { recursive: true })
  const folder = mkdtempSync(join(place, `${name}-`))
  const command = join(folder, "dist/bin/strata.js")
  const options = JSON.stringify({ source: resolve(root, entry), target: command })
  const child = spawn(process.execPath, [
    "--input-type=module",
    "--eval",
    `import { bundle } from "./scripts/bundle.mjs"; await bundle(${options})`
  ], { cwd: root, stdio: "inherit" })
  if (await finished(child) !== 0) throw new Error("the command could not be bundled")
  return { folder, command, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/** What a fresh person's shell gives: nothing but where to keep things. */
export const environmentOf = (strata: Strata, home: string) => ({
  PATH: process.env["PATH"] ?? "",
  HOME: strata.folder,
  STRATA_HOME: join(strata.folder, home)
})

export const start = (strata: Strata, home: string, args: ReadonlyArray<string>, env: Record<string, string> = {}) =>
  spawn(process.execPath, [strata.command, ...args], {
    cwd: strata.folder,
    env: { ...environmentOf(strata, home), ...env },
    stdio: ["pipe", "pipe", "pipe"]
  })

/** Runs the command to its end. */
export const run = async (
  strata: Strata,
  home: string,
  args: ReadonlyArray<string>,
  options: { readonly env?: Record<string, string>; readonly input?: string } = {}
) => {
  const child = start(strata, home, args, options.env)
  let stdout = ""
  let stderr = ""
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()))
  child.stdin.end(options.input ?? "")
  const code = await finished(child)
  return { code, stdout, stderr }
}
