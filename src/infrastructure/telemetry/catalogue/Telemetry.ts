/**
 * What telemetry tells about itself.
 */
import * as MetricDefinition from "../MetricDefinition.ts"

const exporter = {
  "strata.telemetry.exporter": { doc: "Where the spans go", values: ["store", "otlp", "memory"] }
} as const

export const spansExported = MetricDefinition.counter({
  name: "otel.sdk.exporter.span.exported",
  unit: "{span}",
  doc: "Spans whose export has ended; those with `error.type` did not arrive",
  attributes: { ...exporter, "error.type": { doc: "Why the export failed", values: ["ExportFailed"] } }
})

export const spansDropped = MetricDefinition.counter({
  name: "strata.telemetry.spans.dropped",
  unit: "{span}",
  doc: "Spans thrown away because the export queue was full",
  attributes: exporter
})

export const queueSize = MetricDefinition.gauge({
  name: "otel.sdk.processor.span.queue.size",
  unit: "{span}",
  doc: "Ended spans that wait for their export",
  attributes: exporter
})

export const unsampledFailures = MetricDefinition.counter({
  name: "strata.telemetry.unsampled.failures",
  unit: "{span}",
  doc: "Root spans that failed and were not recorded because of sampling"
})
