/**
 * Telemetry of product analytics: how many events, never which.
 */
import * as MetricDefinition from "../MetricDefinition.ts"
import { define } from "../SpanDefinition.ts"

export const flush = define({
  name: "analytics.flush",
  doc: "Sending what waits on disk, within a budget",
  attributes: {
    "strata.analytics.sent": "Events the receiver acknowledged",
    "strata.analytics.pending": "Events that stay on disk",
    "strata.analytics.dropped": "Events given up during this flush",
    "strata.analytics.outcome":
      "`done`, or why it stopped: `budget`, `busy`, `offline`, `refused`, `throttled`, `unavailable`, `storage`"
  }
})

export const buffered = MetricDefinition.gauge({
  name: "strata.analytics.buffered",
  unit: "{event}",
  doc: "Events that wait on disk"
})

export const dropped = MetricDefinition.counter({
  name: "strata.analytics.dropped",
  unit: "{event}",
  doc: "Events given up",
  attributes: {
    "strata.analytics.reason": {
      doc: "Why",
      values: ["ConsentMissing", "TooLarge", "QueueFull", "Rejected", "Storage"]
    }
  }
})
