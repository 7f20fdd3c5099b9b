/**
 * What one recorded span costs, against what Effect charges for any span.
 */
import { Effect, Layer, ManagedRuntime } from "effect"
import { cpuPerOperation } from "../Cost.ts"
import type { Benchmark, Subject } from "../Harness.ts"

const operations = 5_000

const span = Effect.void.pipe(
  Effect.withSpan("bench.span", { kind: "client", attributes: { "strata.a": "one", "strata.b": 2, "strata.c": true } })
)

const spans = (layer: Layer.Layer<never>): Subject => () => {
  const runtime = ManagedRuntime.make(layer)
  return {
    sample: () => cpuPerOperation(operations, () => runtime.runPromise(Effect.repeatN(span, operations - 1))),
    close: () => runtime.dispose()
  }
}

export const benchmarks: ReadonlyArray<Benchmark> = [
  {
    group: "telemetry",
    name: "a span with telemetry off",
    unit: "µs",
    better: "lower",
    target: 1.3,
    subject: spans(Layer.setTracerEnabled(false)),
    peer: { name: "Effect's native tracer", subject: spans(Layer.empty) }
  }
]
