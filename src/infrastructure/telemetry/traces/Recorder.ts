/**
 * Holds the spans of `MemoryTraces`.
 */
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base"
import * as SpanRow from "./SpanRow.ts"

/** The oldest go first. */
const capacity = 20_000

export interface Recorder {
  readonly rows: () => ReadonlyArray<SpanRow.SpanRow>
  readonly clear: () => number
  readonly export: (spans: ReadonlyArray<ReadableSpan>) => void
}

export const makeRecorder = (): Recorder => {
  let rows: Array<SpanRow.SpanRow> = []
  return {
    rows: () => rows,
    clear: () => {
      const traces = new Set(rows.map((row) => row.traceId)).size
      rows = []
      return traces
    },
    export: (spans) => {
      for (const span of spans) rows.push(SpanRow.fromSpan(span))
      if (rows.length > capacity) rows = rows.slice(-capacity / 2)
    }
  }
}
