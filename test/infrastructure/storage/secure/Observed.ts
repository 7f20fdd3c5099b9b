/**
 * What whoever looks at a program gets to see of it.
 */
import { Cause, Exit, Layer, Logger, LogLevel, Tracer } from "effect"
import { inspect } from "node:util"

/** An exit in every form in which a caller could print it. */
export const shown = (exit: Exit.Exit<unknown, unknown>) =>
  [
    Exit.isFailure(exit) ? Cause.pretty(exit.cause, { renderErrorCause: true }) : "",
    JSON.stringify(exit),
    inspect(exit, { depth: 20, showHidden: true }),
    String(exit)
  ].join("\n")

/** What a tracer and a logger get to see: spans with their attributes and events, and log lines. */
export const observed = () => {
  const seen: Array<string> = []
  const tracer = Tracer.make({
    span: (spanName, parent, context, links, startTime, kind) => {
      const attributes = new Map<string, unknown>()
      return {
        _tag: "Span",
        spanId: "1",
        traceId: "1",
        name: spanName,
        sampled: true,
        status: { _tag: "Started", startTime },
        parent,
        context,
        links,
        kind,
        attributes,
        attribute: (key, entry) => void attributes.set(key, entry),
        event: (...event) => void seen.push(inspect(event, { depth: 20 })),
        addLinks: () => undefined,
        // Tracers record how a span failed, never what it returned.
        end: (_, exit) => void seen.push(spanName, inspect(attributes), Exit.isFailure(exit) ? shown(exit) : "")
      }
    },
    context: (execute) => execute()
  })
  const logger = Logger.make((entry) => void seen.push(inspect(entry, { depth: 20 })))
  const layer = Layer.mergeAll(
    Layer.setTracer(tracer),
    Logger.replace(Logger.defaultLogger, logger),
    Logger.minimumLogLevel(LogLevel.All)
  )
  return { seen, layer }
}
