// Everything a machine can say about the sources without running them, cheapest first; stops at the first failure.
// `npm run check -- types lint` runs those steps only.
import { execFileSync, spawnSync } from "node:child_process"
import { join, relative } from "node:path"
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

/** A checker that saw too few files is green for the wrong reason. */
const saw = (result, seen, expected) => ({
  ok: result.ok && seen > 0 && seen >= expected,
  output: `${result.output}\nsaw ${seen} files, git tracks ${expected}`
})

const effectDiagnostics = () => {
  const result = tool(
    "effect-language-service",
    "diagnostics",
    "--project",
    "tsconfig.json",
    "--strict",
    "--format",
    "json"
  )
  const { diagnostics, summary } = JSON.parse(result.stdout)
  const lines = diagnostics
    .filter(({ severity }) => severity !== "message")
    .map(({ column, file, line, message, name }) => `${relative(root, file)}:${line}:${column} ${name}: ${message}`)
  return saw({ ok: result.ok, output: lines.join("\n") }, summary.filesChecked, tracked("src/*.ts"))
}

const importGraph = () => {
  const folders = ["src", "test", "bench"]
  const result = tool("depcruise", ...folders, "--output-type", "json")
  const modules = JSON.parse(result.stdout).modules.filter(({ source }) => source.startsWith("src/"))
  const readable = result.ok ? { ok: true, output: "" } : tool("depcruise", ...folders)
  return saw(readable, modules.length, tracked("src/*.ts"))
}

const steps = [
  ["lock file is complete", () => run("npm", "ci", "--dry-run", "--silent")],
  ["one effect", () => script("one-effect.mjs")],
  ["format", () => tool("dprint", "check", "--list-different")],
  ["lint", () => tool("oxlint")],
  ["types", () => tool("tsc", "--noEmit")],
  ["effect diagnostics", effectDiagnostics],
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
