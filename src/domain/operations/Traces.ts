/**
 * The traces kept on this device.
 */
import { Context, Schema } from "effect"
import type { DateTime, Effect } from "effect"
import type { StorageFailure } from "../storage/StorageFailure.ts"
import { TraceId } from "./TraceSummary.ts"
import type { SpanStatistics, Trace, TraceSummary } from "./TraceSummary.ts"

/** No recorded trace has this id, or several begin with it. */
export class TraceNotFound extends Schema.TaggedError<TraceNotFound>()("TraceNotFound", {
  prefix: Schema.String,
  candidates: Schema.Array(TraceId)
}) {
  override get message() {
    return this.candidates.length === 0
      ? `No recorded trace begins with "${this.prefix}"`
      : `${this.candidates.length} recorded traces begin with "${this.prefix}"`
  }
}

/** Which traces to list. */
export interface TraceFilter {
  /** Newest first, at most this many. */
  readonly limit: number
  readonly errorsOnly?: boolean
  readonly since?: DateTime.Utc
}

export class Traces extends Context.Tag("effect-strata/domain/operations/Traces")<
  Traces,
  {
    readonly list: (filter: TraceFilter) => Effect.Effect<ReadonlyArray<TraceSummary>, StorageFailure>

    /** The trace whose id is, or uniquely begins with, `prefix` (at least 4 digits). */
    readonly show: (prefix: string) => Effect.Effect<Trace, TraceNotFound | StorageFailure>

    /** Statistics per span name, most total time first. */
    readonly top: (limit: number) => Effect.Effect<ReadonlyArray<SpanStatistics>, StorageFailure>

    /** Deletes every recorded trace and returns how many there were. */
    readonly clear: Effect.Effect<number, StorageFailure>
  }
>() {}
