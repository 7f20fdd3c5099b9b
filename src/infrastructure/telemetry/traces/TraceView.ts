/**
 * From rows to what the `Traces` port answers.
 */
import { DateTime, Duration, Option, Order, Schema } from "effect"
import * as Arr from "effect/Array"
import { TraceNotFound } from "../../../domain/operations/Traces.ts"
import {
  SpanEvent,
  SpanRecord,
  SpanStatistics,
  Trace,
  TraceId,
  TraceSummary
} from "../../../domain/operations/TraceSummary.ts"
import type { SpanRow } from "./SpanRow.ts"

const isTraceId = Schema.is(TraceId)

export interface SummaryRow {
  readonly id: string
  readonly name: string
  readonly start: number
  readonly end: number
  readonly spans: number
  readonly errors: number
}

/** Microseconds as a duration, exact. */
const duration = (micros: number) => Duration.micros(BigInt(Math.max(0, Math.round(micros))))

export const summary = ({ end, errors, id, name, spans, start }: SummaryRow): Option.Option<TraceSummary> =>
  isTraceId(id)
    ? Option.some(
      new TraceSummary({
        id,
        name,
        startedAt: DateTime.unsafeMake(start / 1_000),
        duration: duration(end - start),
        spans,
        errors
      })
    )
    : Option.none()

/** What is known of a trace from its spans. */
export const summarise = (rows: Arr.NonEmptyReadonlyArray<SpanRow>): SummaryRow => {
  let named = rows[0]
  let end = Number.NEGATIVE_INFINITY
  let start = Number.POSITIVE_INFINITY
  let errors = 0
  for (const row of rows) {
    if (row.rank > named.rank || (row.rank === named.rank && row.start < named.start)) named = row
    start = Math.min(start, row.start)
    end = Math.max(end, row.start + row.duration)
    if (row.status === "error") errors++
  }
  return { id: named.traceId, name: named.name, start, end, spans: rows.length, errors }
}

const record = (row: SpanRow, start: number) =>
  new SpanRecord({
    id: row.spanId,
    ...(row.parentId === null ? {} : { parentId: row.parentId }),
    name: row.name,
    kind: row.kind,
    offset: duration(row.start - start),
    duration: duration(row.duration),
    status: row.status,
    ...(row.error === null ? {} : { error: row.error }),
    attributes: row.attributes,
    events: row.events.map(({ attributes, name, offset }) =>
      new SpanEvent({ name, offset: duration(offset), attributes })
    )
  })

const byStart = Order.combine(
  Order.mapInput(Order.number, (row: SpanRow) => row.start),
  Order.mapInput(Order.string, (row: SpanRow) => row.spanId)
)

/** Parents before children, siblings by start; a span whose parent was not recorded stands at the top. */
const inOrder = (rows: ReadonlyArray<SpanRow>): ReadonlyArray<SpanRow> => {
  const known = new Set(rows.map((row) => row.spanId))
  const children = new Map<string, Array<SpanRow>>()
  for (const row of Arr.sort(rows, byStart)) {
    const parent = row.parentId !== null && row.parentId !== row.spanId && known.has(row.parentId) ? row.parentId : ""
    const siblings = children.get(parent)
    if (siblings === undefined) children.set(parent, [row])
    else siblings.push(row)
  }
  const result: Array<SpanRow> = []
  const open = (children.get("") ?? []).toReversed()
  for (let row = open.pop(); row !== undefined; row = open.pop()) {
    result.push(row)
    open.push(...(children.get(row.spanId) ?? []).toReversed())
  }
  return result
}

export const trace = (rows: Arr.NonEmptyReadonlyArray<SpanRow>): Option.Option<Trace> => {
  const row = summarise(rows)
  return Option.map(
    summary(row),
    (head) => new Trace({ summary: head, spans: inOrder(rows).map((each) => record(each, row.start)) })
  )
}

/** The smallest recorded value that at least the share `p` of all values does not exceed. */
const percentile = (sorted: ReadonlyArray<number>, p: number) =>
  duration(sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)] ?? 0)

/** Statistics per name, most total time first. */
export const statistics = (
  spans: Iterable<Pick<SpanRow, "name" | "duration" | "status">>,
  limit: number
): ReadonlyArray<SpanStatistics> => {
  const groups = new Map<string, { readonly durations: Array<number>; errors: number; total: number }>()
  for (const span of spans) {
    let group = groups.get(span.name)
    if (group === undefined) groups.set(span.name, group = { durations: [], errors: 0, total: 0 })
    group.durations.push(span.duration)
    group.total += span.duration
    if (span.status === "error") group.errors++
  }
  return [...groups]
    .toSorted(([a, x], [b, y]) => y.total - x.total || (a < b ? -1 : 1))
    .slice(0, Math.max(0, limit))
    .map(([name, { durations, errors }]) => {
      const sorted = durations.toSorted((a, b) => a - b)
      return new SpanStatistics({
        name,
        count: sorted.length,
        errors,
        p50: percentile(sorted, 0.5),
        p95: percentile(sorted, 0.95),
        max: percentile(sorted, 1)
      })
    })
}

const prefixPattern = /^[0-9a-f]{4,32}$/

/** At most this many candidates are named. */
export const candidateLimit = 10

/** The one trace that `ids` (those that begin with the prefix, one more than the limit at most) leave. */
export const choose = (
  prefix: string,
  idsBeginningWith: (prefix: string) => ReadonlyArray<string>
): TraceId | TraceNotFound => {
  const wanted = prefix.trim().toLowerCase()
  const ids = prefixPattern.test(wanted) ? idsBeginningWith(wanted).filter((id) => isTraceId(id)) : []
  const [first] = ids
  return ids.length === 1 && first !== undefined
    ? first
    : new TraceNotFound({ prefix, candidates: ids.slice(0, candidateLimit) })
}
