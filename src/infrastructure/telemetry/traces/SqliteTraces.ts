/**
 * `Traces` in the file that the trace store writes. Reads while the application writes, also from another process.
 */
import type Database from "better-sqlite3"
import { DateTime, Effect, Layer, Option, Schema } from "effect"
import { statSync } from "node:fs"
import { TraceNotFound, Traces } from "../../../domain/operations/Traces.ts"
import type { Trace } from "../../../domain/operations/TraceSummary.ts"
import type { StorageFailure } from "../../../domain/storage/StorageFailure.ts"
import { TelemetryStatus } from "../TelemetryStatus.ts"
import type { SpanRow } from "./SpanRow.ts"
import * as TraceFile from "./TraceFile.ts"
import { failureOf } from "./TraceFileFailure.ts"
import * as TraceView from "./TraceView.ts"

const Attributes = Schema.Record({ key: Schema.String, value: Schema.Unknown })

/** A row as the file holds it. What does not fit means that the file is damaged. */
const Row = Schema.Struct({
  traceId: Schema.String,
  spanId: Schema.String,
  parentId: Schema.NullOr(Schema.String),
  name: Schema.String,
  kind: Schema.Literal("internal", "server", "client", "producer", "consumer"),
  start: Schema.Number,
  duration: Schema.Number,
  status: Schema.Literal("ok", "error", "interrupted"),
  error: Schema.NullOr(Schema.String),
  attributes: Schema.parseJson(Attributes),
  events: Schema.parseJson(
    Schema.Array(Schema.Struct({ name: Schema.String, offset: Schema.Number, attributes: Attributes }))
  ),
  rank: Schema.Literal(0, 1, 2)
})
const decodeRows = Schema.decodeUnknownSync(Schema.Array(Row))

const summaries = `SELECT trace_id AS id, name, start, "end", spans, errors FROM traces`
const columns = `trace_id AS traceId, span_id AS spanId, parent_id AS parentId, name, kind, start, duration, status,
  error, attributes, events, rank`

export const make = (options: { readonly filename: string }) =>
  Effect.gen(function*() {
    // What this process has recorded so far is part of the answer.
    const flush = Option.match(yield* Effect.serviceOption(TelemetryStatus), {
      onNone: () => Effect.void,
      onSome: (status) => status.flush
    })

    const use = <A>(
      operation: string,
      mode: "read" | "write",
      absent: A,
      run: (database: Database) => A
    ): Effect.Effect<A, StorageFailure> =>
      Effect.zipRight(
        flush,
        Effect.try({
          try: () => {
            if ((statSync(options.filename, { throwIfNoEntry: false })?.size ?? 0) === 0) return absent
            const database = mode === "read"
              ? TraceFile.openForReading(options.filename, operation)
              : TraceFile.openForWriting(options.filename, operation)
            try {
              return run(database)
            } finally {
              database.close()
            }
          },
          catch: (error) => failureOf(operation, error)
        })
      )

    return Traces.of({
      list: ({ errorsOnly = false, limit, since }) =>
        use("list", "read", [], (database) =>
          database.prepare(`${summaries} WHERE start >= ? AND errors >= ? ORDER BY start DESC, trace_id LIMIT ?`)
            .all(
              since === undefined ? 0 : DateTime.toEpochMillis(since) * 1_000,
              errorsOnly ? 1 : 0,
              Math.max(0, limit)
            )
            .flatMap((row) =>
              Option.toArray(TraceView.summary(row as TraceView.SummaryRow))
            )),

      show: (prefix) =>
        use<Option.Option<Trace | TraceNotFound>>("show", "read", Option.none(), (database) => {
          const chosen = TraceView.choose(prefix, (start) =>
            database.prepare("SELECT trace_id AS id FROM traces WHERE trace_id >= ? AND trace_id < ? LIMIT ?")
              .all(start, `${start}g`, TraceView.candidateLimit + 1)
              .map((row) =>
                (row as { readonly id: string }).id
              ))
          if (typeof chosen !== "string") {
            return Option.some(chosen)
          }
          const [first, ...rest] = decodeRows(
            database.prepare(`SELECT ${columns} FROM spans WHERE trace_id = ?`).all(chosen)
          ) as ReadonlyArray<SpanRow>
          return first === undefined ? Option.none() : TraceView.trace([first, ...rest])
        }).pipe(Effect.flatMap(Option.match({
          onNone: () =>
            new TraceNotFound({ prefix, candidates: [] }),
          onSome: (found) =>
            found instanceof TraceNotFound ? Effect.fail(found) : Effect.succeed(found)
        }))),

      top: (limit) =>
        use("top", "read", [], (database) =>
          TraceView.statistics(
            database.prepare("SELECT name, duration, status FROM spans").iterate() as Iterable<SpanRow>,
            limit
          )),

      clear: use("clear", "write", 0, (database) => {
        const removed = database.transaction(() => {
          database.exec("DELETE FROM spans")
          return database.prepare("DELETE FROM traces").run().changes
        }).immediate()
        database.pragma("incremental_vacuum")
        database.pragma("wal_checkpoint(TRUNCATE)")
        return removed
      })
    })
  })

/** Reading opens the file anew each time; a file that does not exist holds no traces. */
export const layer = (options: { readonly filename: string }): Layer.Layer<Traces> =>
  Layer.effect(Traces, make(options))
