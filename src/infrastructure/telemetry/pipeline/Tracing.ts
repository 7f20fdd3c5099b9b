/**
 * Effect's tracer over OpenTelemetry's.
 */
import type * as Resource from "@effect/opentelemetry/Resource"
import { Resource as ResourceTag } from "@effect/opentelemetry/Resource"
import * as OtelTracer from "@effect/opentelemetry/Tracer"
import { context as otelContext, createContextKey, ROOT_CONTEXT } from "@opentelemetry/api"
import type { Sampler as OtelSampler, SpanProcessor } from "@opentelemetry/sdk-trace-base"
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BasicTracerProvider,
  ParentBasedSampler,
  TraceIdRatioBasedSampler
} from "@opentelemetry/sdk-trace-base"
import { Clock, Effect, Exit, Layer, Tracer } from "effect"
import type { Duration } from "effect"
import { unsampledFailures } from "../catalogue/Telemetry.ts"
import type { Sampler } from "../TelemetryOptions.ts"

/** How long closing waits for the last exports: as long as one may take. */
export const closeTimeout = "2 seconds"

const samplers: Record<Sampler, (ratio: number) => OtelSampler> = {
  always_on: () => new AlwaysOnSampler(),
  always_off: () => new AlwaysOffSampler(),
  traceidratio: (ratio) => new TraceIdRatioBasedSampler(ratio),
  parentbased_always_on: () => new ParentBasedSampler({ root: new AlwaysOnSampler() }),
  parentbased_always_off: () => new ParentBasedSampler({ root: new AlwaysOffSampler() }),
  parentbased_traceidratio: (ratio) => new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) })
}

/** Texts are cut to 2,048 characters after masking; this bound only keeps a huge one out of the queue. */
const spanLimits = {
  attributeCountLimit: 64,
  attributeValueLengthLimit: 8_192,
  eventCountLimit: 32,
  attributePerEventCountLimit: 32,
  linkCountLimit: 32
}

/**
 * Every processor is flushed, also when another one cannot; then waiting ends after a bound. In real time: the other
 * side does not know this program's clock.
 */
export const settleAll = (
  work: ReadonlyArray<() => Promise<unknown>>,
  within: Duration.DurationInput = closeTimeout
): Effect.Effect<void> =>
  Effect.forEach(work, (each) => Effect.ignore(Effect.tryPromise(each)), { concurrency: 8, discard: true }).pipe(
    Effect.interruptible,
    Effect.timeoutOption(within),
    Effect.withClock(Clock.make()),
    Effect.asVoid
  )

const probe = createContextKey("effect-strata/infrastructure/telemetry/pipeline/Tracing/probe")

/** Whether somebody registered a context manager of OpenTelemetry; nobody has to. */
const hasContextManager = () => {
  const probed = ROOT_CONTEXT.setValue(probe, true)
  return otelContext.with(probed, () => otelContext.active() === probed)
}

/**
 * A failed root span that sampling leaves out is at least counted. OpenTelemetry is told of the current span around every
 * operation of every fiber; where nobody could ask it, that alone would be half of what tracing costs.
 */
const application = (inner: Tracer.Tracer): Tracer.Tracer => {
  let isManaged = hasContextManager()
  return Tracer.make({
    span: (name, parent, context, links, startTime, kind, options) => {
      if (parent._tag === "None") isManaged = hasContextManager()
      const span = inner.span(name, parent, context, links, startTime, kind, options)
      if (!span.sampled && parent._tag === "None") {
        const end = span.end.bind(span)
        span.end = (endTime, exit) => {
          if (Exit.isFailure(exit) && !Exit.isInterrupted(exit)) unsampledFailures.update(1, {})
          end(endTime, exit)
        }
      }
      return span
    },
    context: (execution, fiber) => isManaged ? inner.context(execution, fiber) : execution()
  })
}

/** Closing flushes every processor. */
export const layer = (options: {
  readonly processors: ReadonlyArray<SpanProcessor>
  readonly sampler: Sampler
  readonly samplerRatio: number
}): Layer.Layer<never, never, Resource.Resource> => {
  const provider = Layer.scoped(
    OtelTracer.OtelTracerProvider,
    Effect.flatMap(ResourceTag, (resource) =>
      Effect.acquireRelease(
        Effect.sync(() =>
          new BasicTracerProvider({
            resource,
            sampler: samplers[options.sampler](options.samplerRatio),
            spanLimits,
            spanProcessors: [...options.processors]
          })
        ),
        () => settleAll(options.processors.map((processor) => () => processor.shutdown()))
      ))
  )
  return Layer.unwrapEffect(
    Effect.map(OtelTracer.make, (tracer) => Layer.setTracer(application(tracer)))
  ).pipe(Layer.provide(OtelTracer.layerTracer), Layer.provide(provider))
}
