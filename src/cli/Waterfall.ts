/**
 * A trace as a waterfall of text.
 */
import { Duration } from "effect"
import type { SpanRecord, Trace } from "../domain/operations/TraceSummary.ts"
import { dim, duration, printable, red, yellow } from "./Output.ts"

const barWidth = 40
const nameWidth = 44
const outcome = { ok: "", error: red("ERROR"), interrupted: yellow("interrupted") }

/** At most this many spans are drawn; the rest is counted. */
const spanLimit = 200

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

/** One line per span: indented name, bar on the trace's time axis, duration, and why it failed. */
export const waterfall = (trace: Trace): ReadonlyArray<string> => {
  const depth = depths(trace.spans)
  const total = Duration.toMillis(trace.summary.duration)
  const lines = trace.spans.slice(0, spanLimit).map((span) => {
    const name = printable("  ".repeat(depth.get(span.id) ?? 0) + span.name)
    const label = name.length > nameWidth ? `${name.slice(0, nameWidth - 1)}…` : name.padEnd(nameWidth)
    const end = [outcome[span.status], span.error === undefined ? "" : printable(span.error)].join(" ").trim()
    return `${label} │${bar(span, total)}│ ${duration(span.duration).padStart(8)} ${end}`.trimEnd()
  })
  const rest = trace.spans.length - spanLimit
  return rest > 0 ? [...lines, dim(`… and ${rest} more spans`)] : lines
}
