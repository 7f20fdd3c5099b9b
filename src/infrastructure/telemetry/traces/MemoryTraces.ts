/**
 * `Traces` in memory, together with the tracer that records them: telemetry as tests see it.
 */
import { Context, DateTime, Effect, Layer, Option } from "effect"
import * as Arr from "effect/Array"
import { TraceNotFound, Traces } from "../../../domain/operations/Traces.ts"
import * as OptionalSdk from "../pipeline/OptionalSdk.ts"
import type { TelemetryStatus } from "../TelemetryStatus.ts"
import { makeRecorder } from "./Recorder.ts"
import type { Recorder } from "./Recorder.ts"
import type { SpanRow } from "./SpanRow.ts"
import * as TraceView from "./TraceView.ts"

/** Every span that has ended and was recorded, redacted, oldest first. */
export class FinishedSpans
  extends Context.Tag("effect-strata/infrastructure/telemetry/traces/MemoryTraces/FinishedSpans")<
    FinishedSpans,
    { readonly all: Effect.Effect<ReadonlyArray<SpanRow>> }
  >()
{}

/** Reads what `recorder` holds. */
export const fromRecorder = (recorder: Recorder): typeof Traces.Service => {
  const byTrace = () => Arr.groupBy(recorder.rows(), (row) => row.traceId)
  return Traces.of({
    list: ({ errorsOnly = false, limit, since }) =>
      Effect.sync(() =>
        Object.values(byTrace())
          .map((rows) => TraceView.summarise(rows))
          .filter((row) => !errorsOnly || row.errors > 0)
          .filter((row) => since === undefined || row.start >= DateTime.toEpochMillis(since) * 1_000)
          .toSorted((a, b) => b.start - a.start || (a.id < b.id ? -1 : 1))
          .slice(0, Math.max(0, limit))
          .flatMap((row) => Option.toArray(TraceView.summary(row)))
      ),

    show: (prefix) =>
      Effect.suspend(() => {
        const traces = byTrace()
        const chosen = TraceView.choose(prefix, (start) => Object.keys(traces).filter((id) => id.startsWith(start)))
        if (typeof chosen !== "string") return chosen
        return Option.match(Option.flatMap(Option.fromNullable(traces[chosen]), TraceView.trace), {
          onNone: () => new TraceNotFound({ prefix, candidates: [] }),
          onSome: Effect.succeed
        })
      }),

    top: (limit) => Effect.sync(() => TraceView.statistics(recorder.rows(), limit)),
    clear: Effect.sync(() => recorder.clear())
  })
}

/** The same pipeline as in production, scrubber included, into memory. Logs are the runner's business. */
export const layer: Layer.Layer<Traces | FinishedSpans | TelemetryStatus> = Layer.suspend(() => {
  const recorder = makeRecorder()
  return Layer.mergeAll(
    OptionalSdk.orOff(
      Effect.map(OptionalSdk.load(() => import("../pipeline/Sdk.ts")), ({ layerMemory }) => layerMemory(recorder))
    ),
    Layer.succeed(Traces, fromRecorder(recorder)),
    Layer.succeed(FinishedSpans, { all: Effect.sync(() => recorder.rows()) })
  )
})
