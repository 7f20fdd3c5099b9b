/**
 * Where log entries go: to stderr as logfmt, and as events onto the span they were written in.
 */
import { Array, Context, FiberRef, FiberRefs, Inspectable, Layer, Logger, LogLevel, Option, Tracer } from "effect"
import { redacting } from "./RedactLog.ts"

/** One line per entry on stderr; stdout is for data. */
export const stderrLogger: Logger.Logger<unknown, void> = redacting(Logger.withConsoleError(Logger.logfmtLogger))

/** Texts of a message that has several parts, joined. */
export const messageText = (message: unknown): string =>
  Array.ensure(message).map((part) => Inspectable.toStringUnknown(part, 0)).join(" ")

/**
 * Writes entries as `log` events onto the current span. Effect's own logger uses the message as the event's name,
 * which then has as many values as there are messages.
 */
export const spanLogger: Logger.Logger<unknown, void> = redacting(
  Logger.make(({ annotations, context, date, logLevel, message }) => {
    const span = Context.getOption(FiberRefs.getOrDefault(context, FiberRef.currentContext), Tracer.ParentSpan)
    if (Option.isNone(span) || span.value._tag === "ExternalSpan") return
    const attributes: Record<string, unknown> = {}
    for (const [key, value] of annotations) attributes[key] = value
    attributes["log.severity"] = logLevel.label
    attributes["log.message"] = messageText(message)
    span.value.event("log", BigInt(date.getTime()) * 1_000_000n, attributes)
  })
)

/** Replaces Effect's default loggers by redacting ones. */
export const layer = (minimum: LogLevel.Literal): Layer.Layer<never> =>
  Layer.mergeAll(
    Logger.replace(Logger.defaultLogger, stderrLogger),
    Logger.replace(Logger.tracerLogger, spanLogger),
    Logger.minimumLogLevel(LogLevel.fromLiteral(minimum))
  )
