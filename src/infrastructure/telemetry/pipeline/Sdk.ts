/**
 * The whole pipeline put together. Loaded only when something is recorded: OpenTelemetry is half of the start-up time.
 */
import * as Metrics from "@effect/opentelemetry/Metrics"
import * as Resource from "@effect/opentelemetry/Resource"
import { PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics"
import type { SpanExporter } from "@opentelemetry/sdk-trace-base"
import { Effect, Layer, Option } from "effect"
import type { Scope } from "effect"
import { randomUUID } from "node:crypto"
import { redactText } from "../redaction/RedactText.ts"
import { redactAttributes } from "../redaction/RedactValue.ts"
import type { TelemetryOptions } from "../TelemetryOptions.ts"
import { TelemetryStatus } from "../TelemetryStatus.ts"
import type { Recorder } from "../traces/Recorder.ts"
import { failureOf } from "../traces/TraceFileFailure.ts"
import * as CollectorLogging from "./CollectorLogging.ts"
import * as OptionalSdk from "./OptionalSdk.ts"
import * as Reporter from "./Reporter.ts"
import * as SpanPipeline from "./SpanPipeline.ts"
import * as Tracing from "./Tracing.ts"

const metricsInterval = 30_000

type Described = Pick<TelemetryOptions, "serviceName" | "serviceVersion" | "environment" | "resourceAttributes">

const resource = ({ environment, resourceAttributes, serviceName, serviceVersion }: Described) =>
  Resource.layer({
    serviceName,
    serviceVersion,
    attributes: {
      ...redactAttributes(resourceAttributes),
      "service.instance.id": randomUUID(),
      "deployment.environment.name": environment,
      "process.pid": process.pid,
      "strata.version": serviceVersion
    }
  })

const status = (pipelines: ReadonlyArray<SpanPipeline.SpanPipeline>, storeProblem: string | undefined) =>
  Layer.succeed(TelemetryStatus, {
    exporters: Effect.sync(() => pipelines.map((pipeline) => pipeline.counts())),
    flush: Tracing.settleAll(
      pipelines.filter((each) => each.counts().exporter !== "otlp").map(({ processor }) => () => processor.forceFlush())
    ),
    storeProblem: Effect.succeed(storeProblem)
  })

/** The store's exporter, or why there is none: a damaged or foreign file is kept, and the application runs on. */
const openStore = (filename: string) =>
  Effect.either(Effect.tryPromise({
    try: async (): Promise<SpanExporter> => {
      const TraceStore = await import("../traces/TraceStore.ts")
      return TraceStore.open(filename)
    },
    catch: (error) => failureOf("open", error)
  }))

const spanPipelines = (
  options: TelemetryOptions,
  collector: Option.Option<SpanExporter>,
  collectorReporter: Reporter.Reporter
) =>
  Effect.gen(function*() {
    const pipelines: Array<SpanPipeline.SpanPipeline> = []
    const timeoutMillis = Option.getOrUndefined(options.collector)?.timeoutMillis ?? 2_000
    let storeProblem: string | undefined
    if (Option.isSome(options.store)) {
      const opened = yield* openStore(options.store.value)
      if (opened._tag === "Right") {
        pipelines.push(SpanPipeline.make({
          name: "store",
          exporter: opened.right,
          reporter: yield* Reporter.make("the local trace store"),
          stackTraces: options.stackTraces,
          batch: { size: 500, delayMillis: 250 }
        }))
      } else {
        storeProblem = opened.left.message
        yield* Effect.logWarning(`telemetry: ${opened.left.message}; traces are not kept on this machine`)
      }
    }
    if (Option.isSome(collector)) {
      pipelines.push(SpanPipeline.make({
        name: "otlp",
        exporter: collector.value,
        reporter: collectorReporter,
        stackTraces: options.stackTraces,
        // Later than the exporter's own deadline, so that it is the exporter that says why.
        batch: { size: 512, delayMillis: 2_000, timeoutMillis: 1_000 + timeoutMillis }
      }))
    }
    return { pipelines, storeProblem }
  })

/** Spans to the store, the collector or both; logs and metrics to the collector. Closing flushes for 2 seconds at most. */
export const make = (
  options: TelemetryOptions
): Effect.Effect<Layer.Layer<TelemetryStatus>, OptionalSdk.SdkMissing, Scope.Scope> =>
  Effect.gen(function*() {
    const destination = Option.match(options.collector, {
      onNone: () => "",
      onSome: ({ endpoint }) => `the collector ${redactText(endpoint)}`
    })
    const reporter = yield* Reporter.make(destination)
    const exporters = yield* Option.match(options.collector, {
      onNone: () => Effect.succeedNone,
      onSome: (collector) =>
        OptionalSdk.load(() => import("./CollectorExporters.ts")).pipe(
          Effect.flatMap((CollectorExporters) => CollectorExporters.make(collector, reporter)),
          Effect.asSome
        )
    })
    const { pipelines, storeProblem } = yield* spanPipelines(
      options,
      Option.map(exporters, ({ spans }) => spans),
      reporter
    )
    const tracing = Tracing.layer({ ...options, processors: pipelines.map(({ processor }) => processor) })
    const collecting = Option.match(exporters, {
      onNone: () => Layer.empty,
      onSome: ({ logs, metrics }) =>
        Layer.merge(
          CollectorLogging.layer(logs, options.serviceName),
          Metrics.layer(
            () =>
              new PeriodicExportingMetricReader({
                exporter: metrics,
                exportIntervalMillis: metricsInterval,
                exportTimeoutMillis: 3_000
              }),
            { shutdownTimeout: Tracing.closeTimeout }
          )
        )
    })
    return Layer.merge(
      Layer.provide(Layer.merge(tracing, collecting), resource(options)),
      status(pipelines, storeProblem)
    )
  })

/** Every span as soon as it ends, to any exporter: for tests and measurements. */
export const layerExporter = (
  exporter: SpanExporter,
  name: "memory" | "store" = "memory",
  sampling: Pick<TelemetryOptions, "sampler" | "samplerRatio"> = { sampler: "parentbased_always_on", samplerRatio: 1 }
): Layer.Layer<TelemetryStatus> =>
  Layer.unwrapEffect(Effect.map(Reporter.make("the exporter"), (reporter) => {
    const pipeline = SpanPipeline.make({ name, exporter, reporter, stackTraces: true })
    const tracing = Tracing.layer({ ...sampling, processors: [pipeline.processor] })
    const described = resource({
      serviceName: "effect-strata",
      serviceVersion: "0.0.0",
      environment: "test",
      resourceAttributes: {}
    })
    return Layer.merge(Layer.provide(tracing, described), status([pipeline], undefined))
  }))

export const layerMemory = (recorder: Recorder): Layer.Layer<TelemetryStatus> =>
  layerExporter({
    export: (spans, done) => {
      recorder.export(spans)
      done({ code: 0 })
    },
    shutdown: () => Promise.resolve()
  })
