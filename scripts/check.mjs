// Everything a machine can say about the sources without running them, cheapest first; stops at the first failure.
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

/** A checker that saw too few files is green for the wrong reason. */
const saw = (result, seen, expected) => ({
  ok: result.ok && seen > 0 && seen >= expected,
  output: `${result.output}\nsaw ${seen} files, git tracks ${expected}`
})

const effectDiagnostics = () => {
  const arguments_ = ["diagnostics", "--project", "tsconfig.json", "--strict", "--format"]
  const result = tool("effect-language-service", ...arguments_, "json")
  const { filesChecked } = JSON.parse(result.stdout).summary
  const readable = result.ok ? result : tool("effect-language-service", ...arguments_, "text")
  return saw({ ...readable, ok: result.ok }, filesChecked, tracked("src/*.ts"))
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
  ["format", () => tool("dprint", "check")],
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

for (const [name, step] of steps) {
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
