import { parseArgs } from "node:util"
import { groups } from "./groups.ts"
import { fails, measure } from "./Harness.ts"
import type { Result } from "./Harness.ts"
import { lines, table } from "./Report.ts"

const usualRounds = 15

const options = {
  json: { type: "boolean", default: false },
  check: { type: "boolean", default: false },
  rounds: { type: "string" },
  help: { type: "boolean", short: "h", default: false }
} as const

const usage = `Usage: npm run bench -- [options] [group...]

Measures the named groups, or all: ${Object.keys(groups).join(", ")}

Options:
  --json        one JSON object per line instead of a table
  --check       fail when a target is missed by more than 20 %
  --rounds <n>  how often each side is measured (${usualRounds}; http 5)
  -h, --help    print this

Examples:
  npm run bench
  npm run bench -- http
  npm run bench -- startup crypto --rounds 5
  npm run bench -- cache --json --check
`

const parse = (args: ReadonlyArray<string>) => {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options })
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

interface Output {
  readonly write: (text: string) => unknown
  readonly isTTY?: boolean
}

/** Runs the named groups, or all; answers with the exit code. */
export const main = async (
  args: ReadonlyArray<string>,
  ci: boolean,
  out: Output = process.stdout,
  complaints: Output = process.stderr
): Promise<number> => {
  const refuse = (why: string) => {
    complaints.write(`${why}\nSee npm run bench -- --help\n`)
    return 2
  }
  /** What is being measured, in a line that the next one replaces. */
  const tell = (what: string) => void (complaints.isTTY === true && complaints.write(`\r\u001b[K${what}`))
  const parsed = parse(args)
  if (typeof parsed === "string") return refuse(parsed)
  const { positionals, values } = parsed
  if (values.help) {
    out.write(usage)
    return 0
  }
  const unknown = positionals.filter((name) => !Object.hasOwn(groups, name))
  if (unknown.length > 0) {
    return refuse(`Unknown group ${unknown.join(", ")}. There are: ${Object.keys(groups).join(", ")}`)
  }
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds)
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds > 0)) {
    return refuse(`--rounds has to be a whole number from 1, not ${values.rounds}`)
  }
  const chosen = Object.entries(groups).filter(([name]) => positionals.length === 0 || positionals.includes(name))
  const results: Array<Result> = []
  for (const [, load] of chosen) {
    const { benchmarks, comparison, notice, together } = await load()
    if (notice !== undefined) complaints.write(notice)
    for (const benchmark of benchmarks) {
      tell(`${benchmark.group}: ${benchmark.name}`)
      results.push(await measure(benchmark, rounds ?? usualRounds))
    }
    const measured = await together?.(tell, rounds)
    if (measured !== undefined) results.push(...measured.results)
    const compared = await comparison?.()
    tell("")
    for (const each of [measured, compared]) {
      if (each !== undefined) out.write(`${values.json ? each.lines : `${each.table}\n`}\n`)
    }
  }
  if (results.length > 0) out.write(`${values.json ? lines(results) : table(results)}\n`)
  return results.some((result) => fails(result, { check: values.check, ci })) ? 1 : 0
}
