/**
 * A trace as a waterfall of text.
 */
import { Duration } from "effect"
import type { SpanRecord, Trace } from "../domain/operations/TraceSummary.ts"
import { dim, duration, printable, red, yellow } from "./Output.ts"

const barWidth = 40
const nameWidth = 44
const outcome = { ok: "", error: red("ERROR"), interrupted: yellow("interrupted") }

/** At most this many lines are drawn; the rest is counted. */
const lineLimit = 120

/** Of spans of one name under one parent that ended well and have no children, this many are drawn. */
const alikeLimit = 3

const depths = (spans: ReadonlyArray<SpanRecord>): ReadonlyMap<string, number> => {
  const result = new Map<string, number>()
  for (const span of spans) {
    const parent = span.parentId === undefined ? undefined : result.get(span.parentId)
    result.set(span.id, parent === undefined ? 0 : parent + 1)
  }
  return result
}

const bar = (span: SpanRecord, total: number) => {
  const scale = total === 0 ? 0 : barWidth / total
  const from = Math.min(barWidth - 1, Math.floor(Duration.toMillis(span.offset) * scale))
  const length = Math.max(1, Math.min(barWidth - from, Math.round(Duration.toMillis(span.duration) * scale)))
  return "".padEnd(from) + "█".repeat(length) + "".padEnd(barWidth - from - length)
}

/** Leaves out what repeats. A line that stands for others is a text already. */
const folded = (
  spans: ReadonlyArray<SpanRecord>
): ReadonlyArray<SpanRecord | { readonly of: SpanRecord; readonly count: number }> => {
  const parents = new Set(spans.map(({ parentId }) => parentId))
  const kindOf = (span: SpanRecord) =>
    span.status === "ok" && !parents.has(span.id) ? `${span.parentId ?? ""} ${span.name}` : undefined
  const counts = new Map<string, number>()
  const shown: Array<SpanRecord | { readonly of: SpanRecord; count: number }> = []
  const rests = new Map<string, { readonly of: SpanRecord; count: number }>()
  for (const span of spans) {
    const kind = kindOf(span)
    const count = kind === undefined ? 0 : (counts.get(kind) ?? 0) + 1
    if (kind === undefined || count <= alikeLimit) shown.push(span)
    else {
      const rest = rests.get(kind) ?? { of: span, count: 0 }
      if (rest.count++ === 0) shown.push(rest)
      rests.set(kind, rest)
    }
    if (kind !== undefined) counts.set(kind, count)
  }
  return shown
}

/**
 * One line per span: indented name, bar on the trace's time axis, duration, and why it failed. Many leaves of one name
 * under one parent become a line that counts them.
 */
export const waterfall = (trace: Trace): ReadonlyArray<string> => {
  const depth = depths(trace.spans)
  const total = Duration.toMillis(trace.summary.duration)
  const indent = (span: SpanRecord) => "  ".repeat(depth.get(span.id) ?? 0)
  const lines = folded(trace.spans).map((line) => {
    if ("of" in line) return dim(printable(`${indent(line.of)}… ${line.count} more ${line.of.name}`))
    const name = printable(indent(line) + line.name)
    const label = name.length > nameWidth ? `${name.slice(0, nameWidth - 1)}…` : name.padEnd(nameWidth)
    const end = [outcome[line.status], line.error === undefined ? "" : printable(line.error)].join(" ").trim()
    return `${label} │${bar(line, total)}│ ${duration(line.duration).padStart(8)} ${end}`.trimEnd()
  })
  const rest = lines.length - lineLimit
  return rest > 0 ? [...lines.slice(0, lineLimit), dim(`… and ${rest} more lines`)] : lines
}
