/**
 * What became of the spans: the answer to "are we losing telemetry?".
 */
import { Context, Effect, Layer } from "effect"

export interface ExporterCounts {
  readonly exporter: "store" | "otlp" | "memory"

  /** Sampled spans that have ended: the sum of all that follow. */
  readonly ended: number
  readonly exported: number

  /** Thrown away because the queue was full. */
  readonly dropped: number

  /** Handed to the exporter, which could not deliver them. */
  readonly failed: number

  /** Waiting, or on their way. */
  readonly pending: number

  /** A code or class name, never a message. */
  readonly lastError?: string
}

export class TelemetryStatus extends Context.Tag("effect-strata/infrastructure/telemetry/TelemetryStatus")<
  TelemetryStatus,
  {
    /** One entry per exporter; none when telemetry is off. */
    readonly exporters: Effect.Effect<ReadonlyArray<ExporterCounts>>

    /** Writes what has ended so far to the sinks on this machine; the collector gets it when it is due. */
    readonly flush: Effect.Effect<void>

    /** Why the local trace store is not used although it was asked for. */
    readonly storeProblem: Effect.Effect<string | undefined>
  }
>() {}

/** Nothing is recorded. */
export const layerOff: Layer.Layer<TelemetryStatus> = Layer.merge(
  Layer.setTracerEnabled(false),
  Layer.succeed(TelemetryStatus, {
    exporters: Effect.succeed([]),
    flush: Effect.void,
    storeProblem: Effect.succeed(undefined)
  })
)
