/**
 * Telemetry as an environment wants it, and the traces it keeps.
 */
import { Effect, Layer, Logger, LogLevel } from "effect"
import { Traces } from "../../domain/operations/Traces.ts"
import { version } from "../config/constants/Version.ts"
import { FoldersConfig } from "../config/env/FoldersConfig.ts"
import { TelemetryConfig } from "../config/env/TelemetryConfig.ts"
import { spanLogger } from "../telemetry/logging/Logging.ts"
import * as Telemetry from "../telemetry/Telemetry.ts"
import * as MemoryTraces from "../telemetry/traces/MemoryTraces.ts"
import { makeRecorder } from "../telemetry/traces/Recorder.ts"
import * as SqliteTraces from "../telemetry/traces/SqliteTraces.ts"

/** The traces of this device; without a store there are none. */
export const kept = Layer.unwrapEffect(
  Effect.map(FoldersConfig, ({ state }) => SqliteTraces.layer({ filename: Telemetry.storeFile(state) }))
)

export const layer = (options: Omit<Telemetry.LayerConfigOptions, "version">) =>
  Layer.provideMerge(kept, Telemetry.layerConfig({ ...options, version }))

/** Every span of the process, in memory; what is logged goes onto them as it does everywhere. */
export const memory = Layer.mergeAll(
  MemoryTraces.layer,
  Logger.replace(Logger.tracerLogger, spanLogger),
  Layer.unwrapEffect(
    Effect.map(TelemetryConfig, ({ logLevel }) => Logger.minimumLogLevel(LogLevel.fromLiteral(logLevel)))
  )
)

/** For a further client in the same process: its spans go where those around it go. */
export const unrecorded = Layer.sync(Traces, () => MemoryTraces.fromRecorder(makeRecorder()))
