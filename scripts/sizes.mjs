// Lines per source file: small modules are a goal of this project, so every check shows where it stands.
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"

const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "src/*.ts"], {
  encoding: "utf8"
}).split("\n").filter((name) => name !== "")

const sizes = files
  .map((name) => ({ name, lines: readFileSync(name, "utf8").split("\n").length - 1 }))
  .toSorted((a, b) => a.lines - b.lines)
const at = (share) => sizes[Math.min(sizes.length - 1, Math.floor(sizes.length * share))]?.lines ?? 0

console.log(`${sizes.length} files, median ${at(0.5)} lines, 90th percentile ${at(0.9)}`)
for (const { lines, name } of sizes.filter((file) => file.lines > 180).toReversed()) {
  console.log(`  look again: ${lines} ${name}`)
}
