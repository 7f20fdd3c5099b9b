import { build } from "esbuild"
import { spawn } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { once } from "node:events"
import * as fs from "node:fs"
import { join } from "node:path"
import * as Strata from "./strata.ts"

/** Inside `node_modules`, so that the bundle finds the packages that are left outside it. */
const cache = join(import.meta.dirname, "../../node_modules/.cache")

export interface ChildProgram {
  /** The bundle, for who starts it in a way of their own. */
  readonly file: string
  /** A running process, its output so far, and its end. */
  readonly start: (...args: ReadonlyArray<string>) => Child
  readonly remove: () => void
}

export interface Child {
  readonly process: ChildProcess
  /** Resolves when `line`, or any line, was printed; rejects when the process ends without. */
  readonly printed: (line?: string) => Promise<void>
  readonly lines: () => ReadonlyArray<string>
  readonly ended: Promise<number | null>
}

const start = (program: string, args: ReadonlyArray<string>): Child => {
  const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "inherit"] })
  let output = ""
  child.stdout.on("data", (chunk) => (output += String(chunk)))
  // The text after the last newline is a line that was not finished.
  const lines = () => output.split("\n").slice(0, -1)
  const ended = once(child, "close").then(([code]) => code as number | null)
  const isPrinted = (line: string | undefined) => line === undefined ? lines().length > 0 : lines().includes(line)
  const printed = async (line?: string) => {
    while (!isPrinted(line)) {
      // oxlint-disable-next-line no-await-in-loop -- one chunk after the other
      const event = await Promise.race([once(child.stdout, "data").then(() => "data"), ended.then(() => "end")])
      if (event === "end" && !isPrinted(line)) throw new Error(`ended without printing ${line ?? "a line"}`)
    }
  }
  return { process: child, printed, lines, ended }
}

const programOf = (file: string, remove: () => void): ChildProgram => ({
  file,
  start: (...args) => start(file, args),
  remove
})

/** Bundles a TypeScript program, so that tests can run it in processes of its own. */
export const bundle = async (entry: string): Promise<ChildProgram> => {
  fs.mkdirSync(cache, { recursive: true })
  const program = join(fs.mkdtempSync(join(cache, "child-")), "child.mjs")
  await build({
    entryPoints: [entry],
    outfile: program,
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external"
  })
  return programOf(program, () => fs.rmSync(join(program, ".."), { recursive: true, force: true }))
}

/** With its packages in the bundle, as the command is: starts several times faster, for who starts many. */
export const bundleWithPackages = async (entry: string): Promise<ChildProgram> => {
  const { command, remove } = await Strata.build("child", entry)
  return programOf(command, remove)
}
