/**
 * A finished span as it may leave the process.
 */
import type { SpanStatus } from "@opentelemetry/api"
import type { ReadableSpan, TimedEvent } from "@opentelemetry/sdk-trace-base"
import { redactText } from "./RedactText.ts"
import { redactAttributes } from "./RedactValue.ts"

export interface RedactSpanOptions {
  /**
   * Stack traces, which hold paths of this machine, and SQL texts. Stack traces keep their frames and lose the messages
   * of nested causes.
   */
  readonly stackTraces: boolean
}

const statusUnset: SpanStatus = { code: 0 }
const codeError = 2
const rejectedValue = "a value does not match its schema"

const framesOf = (stack: string): string => stack.split("\n").filter((line) => line.startsWith("    at ")).join("\n")

const redactEvent = (event: TimedEvent, options: RedactSpanOptions): TimedEvent => {
  const attributes = redactAttributes(event.attributes ?? {})
  if (event.name === "exception") {
    const stack = event.attributes?.["exception.stacktrace"]
    delete attributes["exception.stacktrace"]
    if (options.stackTraces && typeof stack === "string") {
      attributes["exception.stacktrace"] = redactText(framesOf(stack))
    }
    if (attributes["exception.type"] === "ParseError") attributes["exception.message"] = rejectedValue
  }
  return { ...event, name: redactText(event.name), attributes }
}

/**
 * A copy of `span` with masked name, attributes, events and status. Success is `Unset`, as the specification of
 * OpenTelemetry asks of instrumentation, not `Ok`.
 */
export const redactSpan = (span: ReadableSpan, options: RedactSpanOptions): ReadableSpan => {
  const events = span.events.map((event) => redactEvent(event, options))
  const message = events.some((event) => event.attributes?.["exception.message"] === rejectedValue)
    ? rejectedValue
    : redactText(span.status.message ?? "")
  const attributes = redactAttributes(span.attributes)
  if (!options.stackTraces) delete attributes["db.query.text"]
  // A literal, since objects with a prototype of their own are several times slower for every exporter.
  return {
    name: redactText(span.name),
    kind: span.kind,
    spanContext: () => span.spanContext(),
    ...(span.parentSpanContext === undefined ? {} : { parentSpanContext: span.parentSpanContext }),
    startTime: span.startTime,
    endTime: span.endTime,
    duration: span.duration,
    ended: span.ended,
    status: span.status.code === codeError ? { code: codeError, message } : statusUnset,
    attributes,
    events,
    links: span.links.map((link) => ({ ...link, attributes: redactAttributes(link.attributes ?? {}) })),
    resource: span.resource,
    instrumentationScope: span.instrumentationScope,
    droppedAttributesCount: span.droppedAttributesCount,
    droppedEventsCount: span.droppedEventsCount,
    droppedLinksCount: span.droppedLinksCount
  }
}
