/**
 * The same small programs against our cache and others: which of them goes wrong, and how.
 */
import { run, table } from "../comparison/Comparison.ts"
import { isInstalled, notInstalled } from "../comparison/Installed.ts"

export const benchmarks = []

export const notice = isInstalled ? undefined : notInstalled

export const comparison = async () => {
  const rows = await run()
  return { table: table(rows), lines: rows.map((row) => JSON.stringify(row)).join("\n") }
}
