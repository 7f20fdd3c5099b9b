/**
 * What the command costs before it does anything, against node doing nothing.
 */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { runNode } from "../Cost.ts"
import type { Benchmark, Subject } from "../Harness.ts"

const root = process.cwd()
const command = join(root, "dist/bin/strata.js")

const version = (cost: "cpu" | "wall"): Subject => () =>
  existsSync(command) ? { sample: async () => (await runNode(root, [command, "--version"]))[cost] } : undefined

const nothing = (cost: "cpu" | "wall"): Subject => () => ({
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
  }
]
