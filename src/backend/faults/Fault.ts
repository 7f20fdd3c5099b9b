/**
 * What can be made to go wrong on purpose, for tests and demonstrations.
 */
import { Context, Schema } from "effect"
import type { Effect } from "effect"

export const Fault = Schema.Union(
  /** Every request waits this long before it is served; 0 ends it. */
  Schema.TaggedStruct("Latency", { milliseconds: Schema.NonNegativeInt.pipe(Schema.lessThanOrEqualTo(600_000)) }),
  /** The next `times` requests whose path starts with `path` are answered with `status` instead of being served. */
  Schema.TaggedStruct("Status", {
    status: Schema.Int.pipe(Schema.between(400, 599)),
    times: Schema.NonNegativeInt,
    path: Schema.optionalWith(Schema.String, { default: () => "/" }),
    retryAfterSeconds: Schema.optional(Schema.NonNegativeInt)
  }),
  /** The next `times` requests whose path starts with `path` are served, but their answer never arrives. */
  Schema.TaggedStruct("DropResponse", {
    times: Schema.NonNegativeInt,
    path: Schema.optionalWith(Schema.String, { default: () => "/" })
  }),
  /** Every connection breaks and none can be made, until `Restore`. */
  Schema.TaggedStruct("Cut", {}),
  /** Ends every fault. */
  Schema.TaggedStruct("Restore", {})
)
export type Fault = typeof Fault.Type

/** The backend runs in another process that was not started for faults, or is gone. */
export class FaultsUnavailable extends Schema.TaggedError<FaultsUnavailable>()("FaultsUnavailable", {}) {
  override get message() {
    return "The backend was not started for faults on demand"
  }
}

export class BackendFaults extends Context.Tag("effect-strata/backend/faults/Fault/BackendFaults")<
  BackendFaults,
  {
    /** Returns when the fault is in force: after `Cut` no request gets through, after `Restore` they do again. */
    readonly apply: (fault: Fault) => Effect.Effect<void, FaultsUnavailable>
  }
>() {}
