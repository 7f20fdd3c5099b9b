/**
 * How many events were given up, by reason.
 */
import { Effect } from "effect"
import * as AnalyticsCatalogue from "../../telemetry/catalogue/Analytics.ts"
import * as Meter from "../../telemetry/Meter.ts"
import type { DropReason } from "./TrackedEvent.ts"

/** Starts at zero; counts in the catalogue's metric too. */
export const make = () => {
  const dropped: Record<DropReason, number> = { ConsentMissing: 0, TooLarge: 0, QueueFull: 0, Rejected: 0, Storage: 0 }
  return {
    add: (reason: DropReason, events = 1): Effect.Effect<void> =>
      Effect.suspend(() => {
        if (events === 0) return Effect.void
        dropped[reason] += events
        return Meter.add(AnalyticsCatalogue.dropped, { "strata.analytics.reason": reason }, events)
      }),
    /** A copy. */
    read: () => ({ ...dropped }),
    total: () => Object.values(dropped).reduce((sum, events) => sum + events, 0)
  }
}
