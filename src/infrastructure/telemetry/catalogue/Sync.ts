/**
 * Telemetry of the offline-first repositories. Nothing here names a person or a note.
 */
import * as MetricDefinition from "../MetricDefinition.ts"
import { define } from "../SpanDefinition.ts"

export const noteSync = define({
  name: "sync.run",
  doc: "One round: everything that waits is sent, then everything that others changed is applied",
  attributes: {
    "strata.sync.pushed": "Local changes that the backend acknowledged",
    "strata.sync.pulled": "Remote changes applied here",
    "strata.sync.conflicts": "Local changes kept as a copy",
    "strata.sync.rejected": "Local changes that the backend refuses for good"
  }
})

export const syncDuration = MetricDefinition.histogram({
  name: "strata.sync.duration",
  unit: "s",
  doc: "How long a round took, successful or not"
})

export const outboxDepth = MetricDefinition.gauge({
  name: "strata.outbox.depth",
  unit: "{change}",
  doc: "Notes with local changes that wait for the backend, as last counted"
})
