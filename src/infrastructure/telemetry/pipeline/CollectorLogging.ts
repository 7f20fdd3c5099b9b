/**
 * Log records to the collector.
 */
import { Resource } from "@effect/opentelemetry/Resource"
import { ROOT_CONTEXT, trace } from "@opentelemetry/api"
import type { LogRecordExporter } from "@opentelemetry/sdk-logs"
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs"
import { Context, Effect, FiberRef, FiberRefs, Inspectable, Logger, Option, Tracer } from "effect"
import type { Layer, LogLevel } from "effect"
import { messageText } from "../logging/Logging.ts"
import { redacting } from "../logging/RedactLog.ts"
import { settleAll } from "./Tracing.ts"

/** The specification's numbers; Effect's own go to 50,000. */
const severities: Record<LogLevel.LogLevel["_tag"], number> = {
  All: 1,
  Trace: 1,
  Debug: 5,
  Info: 9,
  Warning: 13,
  Error: 17,
  Fatal: 21,
  None: 24
}

const attributeOf = (value: unknown) =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? value
    : Inspectable.toStringUnknown(value, 0)

/** Adds a logger; closing flushes it. */
export const layer = (exporter: LogRecordExporter, name: string): Layer.Layer<never, never, Resource> =>
  Logger.addScoped(Effect.gen(function*() {
    const provider = yield* Effect.acquireRelease(
      Effect.map(Resource, (resource) =>
        new LoggerProvider({
          resource,
          processors: [
            new BatchLogRecordProcessor({ exporter, scheduledDelayMillis: 2_000, exportTimeoutMillis: 3_000 })
          ]
        })),
      (opened) => settleAll([() => opened.shutdown()])
    )
    const logger = provider.getLogger(name)
    return redacting(Logger.make(({ annotations, context, date, logLevel, message }) => {
      const attributes: Record<string, string | number | boolean> = {}
      for (const [key, value] of annotations) attributes[key] = attributeOf(value)
      const span = Context.getOption(FiberRefs.getOrDefault(context, FiberRef.currentContext), Tracer.ParentSpan)
      logger.emit({
        body: messageText(message),
        severityText: logLevel.label,
        severityNumber: severities[logLevel._tag],
        timestamp: date,
        attributes,
        context: Option.match(span, {
          onNone: () => ROOT_CONTEXT,
          onSome: ({ sampled, spanId, traceId }) =>
            trace.setSpanContext(ROOT_CONTEXT, { spanId, traceId, traceFlags: sampled ? 1 : 0 })
        })
      })
    }))
  }))
