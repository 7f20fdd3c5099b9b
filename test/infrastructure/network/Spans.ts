/**
 * Keeps the spans that end.
 */
import { Context, Effect, Layer, Option, Tracer } from "effect"
import type { Exit } from "effect"

export interface Ended {
  readonly name: string
  readonly kind: Tracer.SpanKind
  readonly traceId: string
  readonly spanId: string
  readonly parent: string | undefined
  readonly attributes: ReadonlyMap<string, unknown>
  readonly events: ReadonlyArray<readonly [name: string, attributes: Readonly<Record<string, unknown>> | undefined]>
  readonly exit: Exit.Exit<unknown, unknown>
}

export const make = () => {
  const ended: Array<Ended> = []
  let ids = 0
  const hex = (length: number) => (++ids).toString(16).padStart(length, "0")
  const tracer = Tracer.make({
    span: (name, parent, context, links, startTime, kind) => {
      const attributes = new Map<string, unknown>()
      const events: Array<Ended["events"][number]> = []
      const traceId = Option.match(parent, { onNone: () => hex(32), onSome: (each) => each.traceId })
      const spanId = hex(16)
      let status: Tracer.SpanStatus = { _tag: "Started", startTime }
      return {
        _tag: "Span",
        name,
        spanId,
        traceId,
        parent,
        context: Context.isContext(context) ? context : Context.empty(),
        get status() {
          return status
        },
        attributes,
        links,
        sampled: true,
        kind,
        attribute: (key, value) => void attributes.set(key, value),
        event: (event, _, told) => void events.push([event, told]),
        addLinks: () => undefined,
        end: (endTime, exit) => {
          status = { _tag: "Ended", startTime, endTime, exit }
          ended.push({
            name,
            kind,
            traceId,
            spanId,
            parent: Option.getOrUndefined(Option.map(parent, (each) => each.spanId)),
            attributes,
            events,
            exit
          })
        }
      }
    },
    context: (execute) => execute()
  })
  return { ended, layer: Layer.setTracer(tracer), run: Effect.withTracer(tracer) }
}
