/**
 * Exporters to an OTLP/HTTP collector. They share one small set of connections and one reporter.
 */
import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-http"
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-http"
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http"
import type { LogRecordExporter } from "@opentelemetry/sdk-logs"
import type { PushMetricExporter, ResourceMetrics } from "@opentelemetry/sdk-metrics"
import { Effect, Option, Redacted } from "effect"
import type { Scope } from "effect"
import * as Http from "node:http"
import * as Https from "node:https"
import { redactAttributes, redactValue } from "../redaction/RedactValue.ts"
import type { Collector } from "../TelemetryOptions.ts"
import type { Reporter } from "./Reporter.ts"
import { reasonOf } from "./Reporter.ts"

const defaultTimeoutMillis = 2_000
const maximumSockets = 3
const succeeded = 0

type Done = Parameters<LogRecordExporter["export"]>[1]

/** Tells the reporter how it went. Failed metrics and logs are not sent again: the next metrics hold the same sums. */
const reporting = (reporter: Reporter, what: string, done: Done): Done => (result) => {
  if (result.code === succeeded) reporter.succeeded()
  else reporter.failed(what, reasonOf(result.error))
  done({ code: succeeded })
}

/** Effect keeps a metric's unit among its labels; it is in the descriptor as well. */
const withoutUnit = (metrics: ResourceMetrics): ResourceMetrics => {
  for (const { metrics: each } of metrics.scopeMetrics) {
    for (const { dataPoints } of each) {
      for (const { attributes } of dataPoints) {
        delete attributes["unit"]
        delete attributes["time_unit"]
      }
    }
  }
  return metrics
}

const refuseConnection = (_: unknown, done: (error: Error) => void) =>
  queueMicrotask(() => done(new Error("Telemetry is closed")))

/** Exports that still wait would open connections for as long as they take, and keep the process alive with them. */
const close = (agent: Http.Agent) => {
  Object.assign(agent, { createConnection: refuseConnection })
  agent.destroy()
}

export const make = (
  { endpoint, headers, timeoutMillis = defaultTimeoutMillis }: Collector,
  reporter: Reporter
): Effect.Effect<
  {
    readonly spans: OTLPTraceExporter
    readonly metrics: PushMetricExporter
    readonly logs: LogRecordExporter
  },
  never,
  Scope.Scope
> =>
  Effect.gen(function*() {
    const agent = yield* Effect.acquireRelease(
      Effect.sync(() =>
        new (endpoint.startsWith("https:") ? Https : Http).Agent({ keepAlive: true, maxSockets: maximumSockets })
      ),
      (opened) => Effect.sync(() => close(opened))
    )
    const to = (path: string) => ({
      url: `${endpoint}/${path}`,
      headers: Option.match(headers, { onNone: () => ({}), onSome: Redacted.value }),
      timeoutMillis,
      httpAgentOptions: () => agent
    })
    const metrics = new OTLPMetricExporter(to("v1/metrics"))
    const logs = new OTLPLogExporter(to("v1/logs"))
    return {
      spans: new OTLPTraceExporter(to("v1/traces")),
      metrics: {
        export: (batch, done) => metrics.export(withoutUnit(batch), reporting(reporter, "metrics", done)),
        forceFlush: () => metrics.forceFlush(),
        shutdown: () => metrics.shutdown()
      },
      logs: {
        export: (records, done) =>
          logs.export(
            records.map((record) =>
              Object.create(record, {
                body: { value: redactValue(record.body), enumerable: true },
                attributes: { value: redactAttributes(record.attributes), enumerable: true }
              })
            ),
            reporting(reporter, "logs", done)
          ),
        forceFlush: () => logs.forceFlush(),
        shutdown: () => logs.shutdown()
      }
    }
  })
