/**
 * The OpenTelemetry packages are optional peers: whatever needs them is loaded when it is wanted, and may not be there.
 */
import { Data, Effect, Layer } from "effect"
import type { Scope } from "effect"
import { layerOff } from "../TelemetryStatus.ts"
import type { TelemetryStatus } from "../TelemetryStatus.ts"

/** They are not installed, or cannot be loaded. */
export class SdkMissing extends Data.TaggedError("SdkMissing")<{ readonly cause: unknown }> {}

/** Loads a module that imports them. */
export const load = <Module>(module: () => Promise<Module>): Effect.Effect<Module, SdkMissing> =>
  Effect.tryPromise({ try: module, catch: (cause) => new SdkMissing({ cause }) })

/** `recording`, or nothing recorded and one line in the log that says so. */
export const orOff = (
  recording: Effect.Effect<Layer.Layer<TelemetryStatus>, SdkMissing, Scope.Scope>
): Layer.Layer<TelemetryStatus> =>
  Layer.unwrapScoped(
    Effect.catchTag(recording, "SdkMissing", () =>
      Effect.as(
        Effect.logWarning("telemetry: the OpenTelemetry packages are not installed; nothing is recorded"),
        layerOff
      ))
  )
