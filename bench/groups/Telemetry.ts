/**
 * What one span costs, from its start until it is where it belongs.
 */
import * as NodeSdk from "@effect/opentelemetry/NodeSdk"
import type { SpanExporter } from "@opentelemetry/sdk-trace-base"
import { SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base"
import { Effect, Layer, ManagedRuntime, Option } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Sdk from "../../src/infrastructure/telemetry/pipeline/Sdk.ts"
import * as Telemetry from "../../src/infrastructure/telemetry/Telemetry.ts"
import { TelemetryStatus } from "../../src/infrastructure/telemetry/TelemetryStatus.ts"
import { cpuPerOperation } from "../Cost.ts"
import type { Benchmark, Subject } from "../Harness.ts"

/** Fewer than any queue holds, so that none is dropped. */
const operations = 2_000

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

const settings = {
  serviceName: "bench",
  serviceVersion: "0.0.0",
  environment: "local",
  resourceAttributes: {},
  sampler: "parentbased_always_on",
  samplerRatio: 1,
  logLevel: "Warning",
  stackTraces: false,
  collector: Option.none()
} as const

const recorded = (layer: Layer.Layer<TelemetryStatus>, close?: () => void): Subject => () => {
  const runtime = ManagedRuntime.make(layer)
  const work = Effect.gen(function*() {
    yield* Effect.repeatN(span, operations - 1)
    const { exporters, flush } = yield* TelemetryStatus
    yield* flush
    return yield* exporters
  })
  return {
    sample: () =>
      cpuPerOperation(operations, async () => {
        for (const { dropped, failed, pending } of await runtime.runPromise(work)) {
          if (dropped + failed + pending > 0) throw new Error("a span was lost")
        }
      }),
    close: () => runtime.dispose().then(() => close?.())
  }
}

const intoStore: Subject = () => {
  const folder = mkdtempSync(join(tmpdir(), "strata-bench-"))
  const layer = Telemetry.layer({ ...settings, disabled: false, store: Option.some(Telemetry.storeFile(folder)) })
  return recorded(layer, () => rmSync(folder, { recursive: true }))()
}

const native = { name: "Effect's native tracer", subject: spans(Layer.empty) }

/** Takes everything and keeps nothing: what is left is the pipeline's own cost. */
const nowhere: SpanExporter = {
  export: (_, done) => done({ code: 0 }),
  shutdown: () => Promise.resolve()
}

const plainSdk = NodeSdk.layer(() => ({
  resource: { serviceName: "bench" },
  spanProcessor: new SimpleSpanProcessor(nowhere)
}))

const common = { group: "telemetry", unit: "µs", better: "lower" } as const

export const benchmarks: ReadonlyArray<Benchmark> = [
  {
    ...common,
    name: "a span with telemetry off",
    target: 1.3,
    subject: spans(Layer.discard(Telemetry.layer({ ...settings, disabled: true, store: Option.none() }))),
    peer: native
  },
  {
    ...common,
    name: "a span through the scrubber to no exporter",
    target: 1.5,
    subject: recorded(Sdk.layerExporter(nowhere)),
    peer: { name: "@effect/opentelemetry NodeSdk", subject: spans(plainSdk) }
  },
  { ...common, name: "a span into the local store", target: 5, subject: intoStore, peer: native },
  { ...common, name: "a span into the local store, at most 60 µs", target: 60, subject: intoStore }
]
