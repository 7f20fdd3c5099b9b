/**
 * Writes spans to the local trace store. Synchronous, outside Effect: the exporter's side.
 */
import type { ReadableSpan, SpanExporter } from "@opentelemetry/sdk-trace-base"
import type Database from "better-sqlite3"
import * as SpanRow from "./SpanRow.ts"
import { openForWriting } from "./TraceFile.ts"

export interface Limits {
  readonly spans: number
  readonly ageMicros: number
  readonly bytes: number
}

const defaultLimits: Limits = { spans: 100_000, ageMicros: 7 * 24 * 3_600 * 1_000_000, bytes: 50 * 1_024 * 1_024 }

/** Larger transactions stall the event loop noticeably. */
const chunkSize = 500

/** Looking at the limits at every flush would cost more than the flush. */
const trimEvery = 2_000

const insertSpan = `
  INSERT INTO spans VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
`
const insertTrace = `
  INSERT INTO traces VALUES (?, ?, ?, ?, ?, 1, ?) ON CONFLICT DO UPDATE SET
    name = CASE WHEN excluded.rank > rank THEN excluded.name ELSE name END,
    rank = max(rank, excluded.rank),
    start = min(start, excluded.start),
    "end" = max("end", excluded."end"),
    spans = spans + 1,
    errors = errors + excluded.errors
`

const chunks = function*<A>(items: ReadonlyArray<A>) {
  for (let start = 0; start < items.length; start += chunkSize) yield items.slice(start, start + chunkSize)
}

const write = (database: Database) => {
  const span = database.prepare(insertSpan)
  const trace = database.prepare(insertTrace)
  return database.transaction((rows: ReadonlyArray<SpanRow.SpanRow>) => {
    for (const row of rows) {
      const { changes } = span.run(
        row.spanId,
        row.traceId,
        row.parentId,
        row.name,
        row.kind,
        row.start,
        row.duration,
        row.status,
        row.error,
        JSON.stringify(row.attributes),
        JSON.stringify(row.events),
        row.rank
      )
      if (changes === 0) continue
      trace.run(row.traceId, row.name, row.rank, row.start, row.start + row.duration, row.status === "error" ? 1 : 0)
    }
  }).immediate
}

/** Deletes whole traces, longest without a span first; of the only one left, its oldest spans. */
const trim = (database: Database, limits: Limits) => {
  const one = (sql: string) => (database.prepare(sql).get() as { readonly n: number | null }).n ?? 0
  const spans = database.prepare("DELETE FROM spans WHERE trace_id = ?")
  const traces = database.prepare("DELETE FROM traces WHERE trace_id = ?")
  const oldest = database.prepare(`SELECT trace_id AS id, spans, "end" FROM traces ORDER BY "end" LIMIT 100`)
  const bytes = () =>
    one(
      "SELECT (page_count - freelist_count) * page_size AS n FROM pragma_page_count, pragma_freelist_count, pragma_page_size"
    )

  const remove = database.transaction((excess: number, before: number) => {
    let removed = 0
    let remaining = one("SELECT count(*) AS n FROM traces")
    for (let batch = oldest.all(); batch.length > 0; batch = oldest.all()) {
      for (const { end, id, spans: count } of batch as Array<{ id: string; spans: number; end: number }>) {
        if (end >= before && (removed >= excess || remaining === 1)) return removed
        spans.run(id)
        traces.run(id)
        removed += count
        remaining--
      }
    }
    return removed
  }).immediate

  const shorten = database.transaction((excess: number) => {
    database.prepare("DELETE FROM spans WHERE span_id IN (SELECT span_id FROM spans ORDER BY start LIMIT ?)").run(
      excess
    )
    database.prepare("UPDATE traces SET spans = (SELECT count(*) FROM spans WHERE spans.trace_id = traces.trace_id)")
      .run()
  }).immediate

  const total = one("SELECT sum(spans) AS n FROM traces")
  const size = bytes()
  const tooMany = total - limits.spans
  const tooLarge = size <= limits.bytes ? 0 : Math.ceil(total * (1 - limits.bytes / size))
  // A tenth more than needed, so that the next trim is not due at the next flush.
  const excess = Math.max(tooMany, tooLarge, 0) === 0 ? 0 : Math.max(tooMany, tooLarge) + Math.floor(total / 10)
  const removed = remove(excess, one(`SELECT max("end") AS n FROM traces`) - limits.ageMicros)
  if (removed < excess) shorten(Math.min(excess, total) - removed)
  if (removed > 0 || excess > 0) database.pragma("incremental_vacuum(2000)")
}

/** Fails by throwing, which the pipeline counts. Spans have to be redacted. */
export interface TraceStore extends SpanExporter {
  readonly write: (rows: ReadonlyArray<SpanRow.SpanRow>) => void
}

/** Opens (and creates) the file; throws when that is not possible, and then has changed nothing. */
export const open = (filename: string, limits: Limits = defaultLimits): TraceStore => {
  const database = openForWriting(filename, "open")
  const insert = write(database)
  let untrimmed = trimEvery
  let closed = false

  const writeAll = (rows: ReadonlyArray<SpanRow.SpanRow>) => {
    for (const chunk of chunks(rows)) insert(chunk)
    untrimmed += rows.length
    if (untrimmed < Math.min(trimEvery, limits.spans)) return
    untrimmed = 0
    trim(database, limits)
  }

  return {
    write: writeAll,
    export: (spans: Array<ReadableSpan>, done) => {
      writeAll(spans.map((span) => SpanRow.fromSpan(span)))
      done({ code: 0 })
    },
    shutdown: () => {
      if (!closed) database.close()
      closed = true
      return Promise.resolve()
    }
  }
}
