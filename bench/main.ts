import { parseArgs } from "node:util"
import { groups } from "./groups.ts"
import { fails, measure } from "./Harness.ts"
import type { Result } from "./Harness.ts"
import { lines, table } from "./Report.ts"

const usualRounds = "15"

/** Runs the named groups, or all; answers with the exit code. */
export const main = async (args: ReadonlyArray<string>, ci: boolean): Promise<number> => {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      json: { type: "boolean", default: false },
      check: { type: "boolean", default: false },
      rounds: { type: "string", default: usualRounds }
    }
  })
  const unknown = positionals.filter((name) => !Object.hasOwn(groups, name))
  if (unknown.length > 0) {
    process.stderr.write(`Unknown group ${unknown.join(", ")}. There are: ${Object.keys(groups).join(", ")}\n`)
    return 2
  }
  const chosen = Object.entries(groups).filter(([name]) => positionals.length === 0 || positionals.includes(name))
  const results: Array<Result> = []
  for (const [, load] of chosen) {
    const { benchmarks, comparison, notice } = await load()
    if (notice !== undefined) process.stderr.write(notice)
    for (const benchmark of benchmarks) {
      results.push(await measure(benchmark, Number(values.rounds)))
    }
    const compared = await comparison?.()
    if (compared !== undefined) process.stdout.write(`${values.json ? compared.lines : compared.table}\n`)
  }
  if (results.length > 0) process.stdout.write(`${values.json ? lines(results) : table(results)}\n`)
  return results.some((result) => fails(result, { check: values.check, ci })) ? 1 : 0
}
