/**
 * The SQLite files of this application, by the database client conventions of OpenTelemetry.
 */
import * as MetricDefinition from "../MetricDefinition.ts"
import { define } from "../SpanDefinition.ts"

/** Opened by `@effect/sql` for every statement. */
export const statement = define({
  name: "sql.execute",
  kind: "client",
  doc: "One SQL statement",
  attributes: {
    "db.system.name": "`sqlite`",
    "db.operation.name": "How its result is read, such as `execute`",
    "db.query.text": "The statement with placeholders, never its values"
  }
})

export const transaction = define({
  name: "db.transaction",
  kind: "client",
  doc: "One write transaction, from waiting for its turn to the end of its commit or rollback",
  attributes: {
    "db.system.name": "`sqlite`",
    "db.namespace": "Which file, such as `database`"
  },
  events: { busy: "Another process was writing: `strata.database.wait` in seconds" }
})

export const migrate = define({
  name: "db.migrate",
  kind: "client",
  doc: "Bringing a file up to this version's schema; absent when it is up to date",
  attributes: {
    "db.system.name": "`sqlite`",
    "db.namespace": "Which file, such as `database`",
    "strata.migration.pending": "How many steps were missing"
  },
  events: { "migration.applied": "One step: `strata.migration.id`, `strata.migration.name`" }
})

export const waits = MetricDefinition.counter({
  name: "strata.database.waits",
  unit: "{transaction}",
  doc: "Write transactions that found another process writing",
  attributes: { "db.namespace": { doc: "Which file", values: ["database", "cache", "backend database"] } }
})

export const log = MetricDefinition.gauge({
  name: "strata.database.log.size",
  unit: "By",
  doc: "The write-ahead log, when it is emptied in a quiet moment",
  attributes: { "db.namespace": { doc: "Which file", values: ["database", "cache", "backend database"] } }
})
