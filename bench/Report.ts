import type { Result } from "./Harness.ts"

const number = (value: number) => value >= 100 ? value.toFixed(0) : value.toPrecision(3)

const verdict = (met: Result["met"]) => met === null ? "peer is missing" : met ? "met" : "MISSED"

/** Aligned lines for a person; the first row is the heading. */
export const columns = (rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? []
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd()).join("\n")
}

/** One group after the other. */
export const table = (results: ReadonlyArray<Result>): string => {
  const rows = results.map((result) => [
    result.group,
    result.name,
    `${number(result.value)} ${result.unit}`,
    result.peer === undefined
      ? "on its own"
      : `${result.ratio === undefined ? "?" : number(result.ratio)} x ${result.peer}`,
    `${result.better === "lower" ? "at most" : "at least"} ${result.target}`,
    verdict(result.met)
  ])
  return columns([["group", "benchmark", "value", "ratio", "target", ""], ...rows])
}

/** One JSON object per line, for a machine. */
export const lines = (results: ReadonlyArray<Result>): string =>
  results.map((result) => JSON.stringify(result)).join("\n")
