/**
 * Telemetry as a profile composes it, off and on.
 */
import * as Resource from "@effect/opentelemetry/Resource"
import { Effect, Layer } from "effect"
import * as Logging from "../../src/infrastructure/telemetry/logging/Logging.ts"
import * as Reporter from "../../src/infrastructure/telemetry/pipeline/Reporter.ts"
import * as SpanPipeline from "../../src/infrastructure/telemetry/pipeline/SpanPipeline.ts"
import * as Tracing from "../../src/infrastructure/telemetry/pipeline/Tracing.ts"
import { layerOff } from "../../src/infrastructure/telemetry/TelemetryStatus.ts"

export const off: Layer.Layer<never> = Layer.merge(Layer.discard(layerOff), Logging.layer("Warning"))

/** Off, with the line that production writes for each call. */
export const lines: Layer.Layer<never> = Layer.merge(Layer.discard(layerOff), Logging.layer("Info"))

/** Effect's own tracer, whose spans go nowhere. */
export const native: Layer.Layer<never> = Logging.layer("Warning")

/** Production's: OpenTelemetry, the bounded queue, batches and the scrubber; only the collector behind them is missing. */
export const production: Layer.Layer<never> = Layer.unwrapEffect(
  Effect.map(Reporter.make("nowhere"), (reporter) =>
    Tracing.layer({
      sampler: "parentbased_always_on",
      samplerRatio: 1,
      processors: [
        SpanPipeline.make({
          name: "otlp",
          exporter: { export: (_, done) => done({ code: 0 }), shutdown: () => Promise.resolve() },
          reporter,
          stackTraces: false,
          batch: { size: 512, delayMillis: 2_000, timeoutMillis: 3_000 }
        }).processor
      ]
    }).pipe(Layer.provide(Resource.layer({ serviceName: "bench" })), Layer.merge(Logging.layer("Warning"))))
)
