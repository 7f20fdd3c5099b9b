/**
 * What the command costs before it does anything, against node doing nothing.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { runNode } from "../Cost.ts"
import type { Benchmark, Subject } from "../Harness.ts"

const root = process.cwd()
const command = join(root, "dist/bin/strata.js")

type Cost = keyof Awaited<ReturnType<typeof runNode>>

const version = (cost: Cost): Subject => () =>
  existsSync(command) ? { sample: async () => (await runNode(root, [command, "--version"]))[cost] } : undefined

/** With a database, a vault, a session and one note, as the tour leaves them. */
const notesList = (cost: Cost): Subject => async () => {
  if (!existsSync(command)) return undefined
  const home = mkdtempSync(join(tmpdir(), "strata-bench-"))
  const env = { STRATA_HOME: join(home, "home"), STRATA_ENV: "local" }
  const notes = join(home, "notes")
  mkdirSync(notes)
  writeFileSync(join(notes, "one.md"), "# One\n")
  await runNode(root, [command, "tour", notes], env)
  return {
    sample: async () => (await runNode(root, [command, "notes", "list"], env))[cost],
    close: async () => rmSync(home, { recursive: true, force: true })
  }
}

const nothing = (cost: Cost): Subject => () => ({
  sample: async () => (await runNode(root, ["-e", "0"]))[cost]
})

export const benchmarks: ReadonlyArray<Benchmark> = [
  {
    group: "startup",
    name: "strata --version, CPU",
    unit: "ms",
    better: "lower",
    target: 5,
    subject: version("cpu"),
    peer: { name: "node -e 0", subject: nothing("cpu") }
  },
  {
    group: "startup",
    name: "strata --version, until it has ended",
    unit: "ms",
    better: "lower",
    target: 4.5,
    subject: version("wall"),
    peer: { name: "node -e 0", subject: nothing("wall") }
  },
  {
    group: "startup",
    name: "strata --version within a quarter of a second",
    unit: "ms",
    better: "lower",
    target: 250,
    subject: version("wall")
  },
  {
    group: "startup",
    name: "strata notes list, CPU",
    unit: "ms",
    better: "lower",
    target: 16,
    subject: notesList("cpu"),
    peer: { name: "node -e 0", subject: nothing("cpu") }
  }
]
