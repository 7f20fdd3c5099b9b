/**
 * Product analytics: never fails and never slows down what the person is doing.
 */
import { Context, Schema } from "effect"
import type { Duration, Effect } from "effect"
import type { StorageFailure } from "../storage/StorageFailure.ts"
import type { AnalyticsEvent } from "./AnalyticsEvent.ts"
import type { Consent } from "./Consent.ts"

/** What a flush achieved within its budget. */
export class FlushReport extends Schema.Class<FlushReport>("FlushReport")({
  sent: Schema.Number,
  pending: Schema.Number,
  dropped: Schema.Number
}) {}

/** Counts since the layer was built, except `queued`, which is what waits on disk now. */
export class AnalyticsStats extends Schema.Class<AnalyticsStats>("AnalyticsStats")({
  queued: Schema.Number,
  sent: Schema.Number,
  dropped: Schema.Record({
    key: Schema.Literal("ConsentMissing", "TooLarge", "QueueFull", "Rejected", "Storage"),
    value: Schema.Number
  })
}) {}

export class Analytics extends Context.Tag("effect-strata/domain/analytics/Analytics")<
  Analytics,
  {
    /** Stored before it returns (it survives the death of the process), sent later. Without consent it is only counted. */
    readonly track: (event: AnalyticsEvent) => Effect.Effect<void>

    readonly consent: Effect.Effect<Consent>

    /** "denied" also deletes what waits. Kept over restarts. */
    readonly setConsent: (consent: Consent) => Effect.Effect<void, StorageFailure>

    /** Sends what waits for at most `budget`; the rest stays for the next run. */
    readonly flush: (budget: Duration.DurationInput) => Effect.Effect<FlushReport>

    readonly stats: Effect.Effect<AnalyticsStats>
  }
>() {}
