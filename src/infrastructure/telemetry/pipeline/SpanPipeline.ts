/**
 * One exporter with everything that stands in front of it: a bounded queue, batches, the scrubber and the counts.
 */
import type { SpanExporter, SpanProcessor } from "@opentelemetry/sdk-trace-base"
import { BatchSpanProcessor, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base"
import { queueSize, spansDropped, spansExported } from "../catalogue/Telemetry.ts"
import { redactSpan } from "../redaction/RedactSpan.ts"
import type { ExporterCounts } from "../TelemetryStatus.ts"
import type { Reporter } from "./Reporter.ts"
import { reasonOf } from "./Reporter.ts"

export interface SpanPipelineOptions {
  readonly name: ExporterCounts["exporter"]
  readonly exporter: SpanExporter
  readonly reporter: Reporter
  readonly stackTraces: boolean

  /** Absent: every span is exported as it ends. */
  readonly batch?: { readonly size: number; readonly delayMillis: number; readonly timeoutMillis?: number }
}

export interface SpanPipeline {
  readonly processor: SpanProcessor
  readonly counts: () => ExporterCounts
}

const queueLimit = 8_192
const defaultTimeoutMillis = 3_000
const succeeded = 0

export const make = ({ batch, exporter, name, reporter, stackTraces }: SpanPipelineOptions): SpanPipeline => {
  const count = { ended: 0, queued: 0, exported: 0, dropped: 0, failed: 0 }
  let lastError: string | undefined
  const labels = { "strata.telemetry.exporter": name }

  const settle = (spans: number, error: { readonly reason: string } | undefined) => {
    if (error === undefined) {
      count.exported += spans
      reporter.succeeded()
    } else {
      count.failed += spans
      lastError = error.reason
      reporter.failed("spans", error.reason)
    }
    spansExported.update(spans, error === undefined ? labels : { ...labels, "error.type": "ExportFailed" })
    queueSize.update(count.queued, labels)
  }

  /** Always tells the processor "done": a failure is counted here, and must not keep other exporters from closing. */
  const guard: SpanExporter = {
    export: (spans, done) => {
      count.queued -= spans.length
      try {
        exporter.export(spans.map((span) => redactSpan(span, { stackTraces })), ({ code, error }) => {
          settle(spans.length, code === succeeded ? undefined : { reason: reasonOf(error) })
          done({ code: succeeded })
        })
      } catch (error) {
        settle(spans.length, { reason: reasonOf(error) })
        done({ code: succeeded })
      }
    },
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
    shutdown: () => exporter.shutdown()
  }

  const inner = batch === undefined
    ? new SimpleSpanProcessor(guard)
    : new BatchSpanProcessor(guard, {
      maxQueueSize: queueLimit,
      maxExportBatchSize: batch.size,
      scheduledDelayMillis: batch.delayMillis,
      exportTimeoutMillis: batch.timeoutMillis ?? defaultTimeoutMillis
    })

  return {
    processor: {
      onStart: () => undefined,
      onEnd: (span) => {
        if ((span.spanContext().traceFlags & 1) === 0) return
        count.ended++
        // The processor would drop it too, without a trace.
        if (count.queued >= queueLimit) {
          count.dropped++
          spansDropped.update(1, labels)
          return
        }
        count.queued++
        inner.onEnd(span)
      },
      forceFlush: () => inner.forceFlush(),
      shutdown: () => inner.shutdown()
    },
    counts: () => ({
      exporter: name,
      ended: count.ended,
      exported: count.exported,
      dropped: count.dropped,
      failed: count.failed,
      pending: count.ended - count.exported - count.dropped - count.failed,
      ...(lastError === undefined ? {} : { lastError })
    })
  }
}
