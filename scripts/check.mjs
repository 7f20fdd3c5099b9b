// Everything a machine can say about the sources without running them, cheapest first; stops at the first failure.
// `npm run check -- types lint` runs those steps only.
import { execFileSync, spawnSync } from "node:child_process"
import { join } from "node:path"
import { performance } from "node:perf_hooks"

const root = join(import.meta.dirname, "..")
process.chdir(root)

const run = (command, ...args) => {
  const { error, status, stderr, stdout } = spawnSync(command, args, { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 })
  return { ok: status === 0, output: `${stdout}${stderr}${error ?? ""}`, stdout }
}
const tool = (name, ...args) => run(join("node_modules/.bin", name), ...args)
const script = (name, ...args) => run(process.execPath, join("scripts", name), ...args)

const tracked = (...patterns) =>
  execFileSync("git", ["ls-files", ...patterns], { encoding: "utf8" }).split("\n").filter((name) => name !== "").length

/** A checker that dies half-way has not answered in JSON; what it said instead is the failure. */
const parsed = (result, read) => {
  try {
    return read(JSON.parse(result.stdout))
  } catch {
    return { ok: false, output: result.output }
  }
}

/** A checker that saw too few files is green for the wrong reason. */
const saw = (result, seen, expected) => ({
  ok: result.ok && seen > 0 && seen >= expected,
  output: `${result.output}\nsaw ${seen} files, git tracks ${expected}`
})

const types = () => {
  const result = script("types.mjs")
  return saw(result, Number(/^Checked (\d+) files/m.exec(result.output)?.[1] ?? 0), tracked("*.ts"))
}

const importGraph = () => {
  const result = tool("depcruise", "src", "test", "bench", "--output-type", "json")
  return parsed(result, ({ modules, summary }) => {
    const lines = summary.violations.map(({ from, rule, to }) => `${from} -> ${to}: ${rule.name}`)
    const sources = modules.filter(({ source }) => source.startsWith("src/"))
    return saw({ ok: summary.error === 0, output: lines.join("\n") }, sources.length, tracked("src/*.ts"))
  })
}

const steps = [
  ["lock file is complete", () => run("npm", "ci", "--dry-run", "--silent")],
  ["one effect", () => script("one-effect.mjs")],
  ["format", () => tool("dprint", "check", "--list-different")],
  ["lint", () => tool("oxlint")],
  ["types", types],
  ["import graph", importGraph],
  ["dead exports", () => tool("knip")],
  ["build", () => script("build.mjs")],
  ["package", () => tool("publint", "--strict")],
  ["package types", () => tool("attw", "--pack", ".", "--profile", "esm-only")],
  ["sizes", () => script("sizes.mjs")]
]

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !steps.some(([known]) => known === name))
if (unknown.length > 0) {
  console.error(`Unknown step ${unknown.join(", ")}. There are: ${steps.map(([name]) => name).join(", ")}`)
  process.exit(2)
}

for (const [name, step] of steps.filter(([known]) => wanted.length === 0 || wanted.includes(known))) {
  const start = performance.now()
  const { ok, output } = step()
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  console.log(`${ok ? "ok  " : "FAIL"}  ${name.padEnd(22)} ${seconds.padStart(5)} s`)
  if (!ok || name === "sizes") {
    console.log(output.trim())
  }
  if (!ok) {
    process.exit(1)
  }
}
