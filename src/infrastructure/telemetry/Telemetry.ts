/**
 * OpenTelemetry for the whole application: traces, metrics and logs, each redacted before it leaves.
 */
import { Effect, Layer, Option } from "effect"
import { join } from "node:path"
import { FoldersConfig } from "../config/env/FoldersConfig.ts"
import { ProfileConfig } from "../config/env/ProfileConfig.ts"
import { TelemetryConfig } from "../config/env/TelemetryConfig.ts"
import * as Logging from "./logging/Logging.ts"
import * as OptionalSdk from "./pipeline/OptionalSdk.ts"
import type { TelemetryOptions } from "./TelemetryOptions.ts"
import { layerOff } from "./TelemetryStatus.ts"
import type { TelemetryStatus } from "./TelemetryStatus.ts"

/**
 * Traces to the local store and to a collector, metrics and logs to the collector, log lines to stderr. A sink that
 * does not work costs its data and one line in the log, never the application. Nothing is loaded when there is no sink.
 */
export const layer = (options: TelemetryOptions): Layer.Layer<TelemetryStatus> =>
  (options.disabled || (Option.isNone(options.store) && Option.isNone(options.collector))
    ? layerOff
    : OptionalSdk.orOff(
      Effect.flatMap(OptionalSdk.load(() => import("./pipeline/Sdk.ts")), (Sdk) => Sdk.make(options))
    ))
    .pipe(Layer.provideMerge(Logging.layer(options.logLevel)))

/** Where the local trace store of a state folder is. */
export const storeFile = (state: string): string => join(state, "traces.db")

/** What a profile decides, beside the configuration. */
export interface LayerConfigOptions {
  readonly version: string

  /** Keep traces on this machine, in the state folder. */
  readonly store: boolean

  /** Send to the configured collector, if there is one. */
  readonly collector: boolean
  readonly stackTraces: boolean
}

export const layerConfig = (
  { collector, stackTraces, store, version }: LayerConfigOptions
): Layer.Layer<TelemetryStatus, never, TelemetryConfig | FoldersConfig | ProfileConfig> =>
  Layer.unwrapEffect(Effect.gen(function*() {
    const { endpoint, headers, ...config } = yield* TelemetryConfig
    const { profile } = yield* ProfileConfig
    const { state } = yield* FoldersConfig
    return layer({
      ...config,
      serviceVersion: version,
      environment: profile,
      stackTraces,
      store: store ? Option.some(storeFile(state)) : Option.none(),
      collector: collector ? Option.map(endpoint, (url) => ({ endpoint: url, headers })) : Option.none()
    })
  }))
