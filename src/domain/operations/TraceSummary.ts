/**
 * Recorded traces, as an operator reads them. Attribute values are already redacted.
 */
import { Schema } from "effect"

/** 32 lower-case hexadecimal digits (W3C Trace Context). */
export const TraceId = Schema.String.pipe(Schema.pattern(/^[0-9a-f]{32}$/), Schema.brand("TraceId"))
export type TraceId = typeof TraceId.Type

export class TraceSummary extends Schema.Class<TraceSummary>("TraceSummary")({
  id: TraceId,
  /** The root span's name. */
  name: Schema.String,
  startedAt: Schema.DateTimeUtc,
  duration: Schema.Duration,
  spans: Schema.Number,
  errors: Schema.Number
}) {}

export class SpanEvent extends Schema.Class<SpanEvent>("SpanEvent")({
  name: Schema.String,
  /** After the start of the span. */
  offset: Schema.Duration,
  attributes: Schema.Record({ key: Schema.String, value: Schema.Unknown })
}) {}

export class SpanRecord extends Schema.Class<SpanRecord>("SpanRecord")({
  id: Schema.String,
  parentId: Schema.optional(Schema.String),
  name: Schema.String,
  kind: Schema.Literal("internal", "server", "client", "producer", "consumer"),
  /** After the start of the trace. */
  offset: Schema.Duration,
  duration: Schema.Duration,
  status: Schema.Literal("ok", "error", "interrupted"),
  /** Why it failed: the failure's tag and message, redacted. */
  error: Schema.optional(Schema.String),
  attributes: Schema.Record({ key: Schema.String, value: Schema.Unknown }),
  events: Schema.Array(SpanEvent)
}) {}

export class Trace extends Schema.Class<Trace>("Trace")({
  summary: TraceSummary,
  /** Parents before children, siblings by start. */
  spans: Schema.Array(SpanRecord)
}) {}

/** All spans of one name. */
export class SpanStatistics extends Schema.Class<SpanStatistics>("SpanStatistics")({
  name: Schema.String,
  count: Schema.Number,
  errors: Schema.Number,
  p50: Schema.Duration,
  p95: Schema.Duration,
  max: Schema.Duration
}) {}
