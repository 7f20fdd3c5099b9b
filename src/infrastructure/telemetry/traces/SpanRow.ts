/**
 * A span as it is kept: what the store writes and both `Traces` adapters read. Times are microseconds, which stay
 * exact in a double until the year 2255; nanoseconds do not.
 */
import type { HrTime } from "@opentelemetry/api"
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base"
import type { SpanRecord } from "../../../domain/operations/TraceSummary.ts"

export interface EventRow {
  readonly name: string
  readonly offset: number
  readonly attributes: Readonly<Record<string, unknown>>
}

export interface SpanRow {
  readonly traceId: string
  readonly spanId: string
  readonly parentId: string | null
  readonly name: string
  readonly kind: SpanRecord["kind"]
  readonly start: number
  readonly duration: number
  readonly status: SpanRecord["status"]
  readonly error: string | null
  readonly attributes: Readonly<Record<string, unknown>>
  readonly events: ReadonlyArray<EventRow>

  /** 2: begins a trace; 1: begins this process's part of it; 0: neither. */
  readonly rank: 0 | 1 | 2
}

const kinds = ["internal", "server", "client", "producer", "consumer"] as const
const codeError = 2

const micros = ([seconds, nanos]: HrTime): number => seconds * 1_000_000 + Math.round(nanos / 1_000)

const statusOf = (span: ReadableSpan): SpanRow["status"] =>
  span.attributes["status.interrupted"] === true ? "interrupted" : span.status.code === codeError ? "error" : "ok"

/** `span` has to be redacted already. */
export const fromSpan = (span: ReadableSpan): SpanRow => {
  const { spanId, traceId } = span.spanContext()
  const start = micros(span.startTime)
  const status = statusOf(span)
  const type = span.attributes["error.type"]
  const parent = span.parentSpanContext
  return {
    traceId,
    spanId,
    parentId: parent?.spanId ?? null,
    name: span.name,
    kind: kinds[span.kind] ?? "internal",
    start,
    duration: micros(span.endTime) - start,
    status,
    error: status === "error"
      ? [type, span.status.message].filter((part) => part !== undefined && part !== "").join(": ")
      : null,
    attributes: { ...span.attributes },
    events: span.events.map(({ attributes, name, time }) => ({
      name,
      offset: Math.max(0, micros(time) - start),
      attributes: attributes ?? {}
    })),
    rank: parent === undefined ? 2 : parent.isRemote === true ? 1 : 0
  }
}
