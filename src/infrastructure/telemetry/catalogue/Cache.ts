/**
 * The cache. Reads have no span: it would cost more than they do.
 */
import * as MetricDefinition from "../MetricDefinition.ts"
import { define } from "../SpanDefinition.ts"

export const load = define({
  name: "cache.load",
  doc: "Getting a value the cache does not have, or not fresh; everybody who asks for it meanwhile waits for this one",
  attributes: {
    "strata.cache.region": "The kind of value",
    "strata.cache.key_hash": "First 8 hex digits of the key's SHA-256"
  }
})

export const requests = MetricDefinition.counter({
  name: "strata.cache.requests",
  unit: "{request}",
  doc: "Reads",
  attributes: { "strata.cache.result": { doc: "What they found", values: ["hit", "stale", "miss"] } }
})

export const evictions = MetricDefinition.counter({
  name: "strata.cache.evictions",
  unit: "{entry}",
  doc: "Entries removed to make room"
})

export const faults = MetricDefinition.counter({
  name: "strata.cache.faults",
  unit: "{operation}",
  doc: "Operations that the cache's storage failed; their readers had a miss"
})

export const flush = define({
  name: "cache.flush",
  doc: "Storing what was put in the last milliseconds, in one transaction",
  attributes: { "strata.cache.entries": "How many entries" }
})

export const evict = define({
  name: "cache.evict",
  doc: "Making room in the cache's file after a write: what serves nobody any more first",
  attributes: {}
})

export const dropped = MetricDefinition.counter({
  name: "strata.cache.dropped",
  unit: "{entry}",
  doc: "Stored entries that could not be used and were removed; their readers had a miss",
  attributes: { "strata.cache.reason": { doc: "Why", values: ["damaged", "sealed"] } }
})

export const clockSteps = MetricDefinition.counter({
  name: "strata.cache.clock_steps",
  unit: "{step}",
  doc: "Times the clock was found set back since the cache's file was last written"
})

export const degraded = MetricDefinition.counter({
  name: "strata.cache.degraded",
  unit: "{incident}",
  doc: "Times the cache's file could not be written, so that nothing more was stored until it could",
  attributes: {
    "strata.cache.failure": {
      doc: "What happened",
      values: ["Busy", "Full", "Corrupt", "ReadOnly", "NewerThanApp", "Unrecognized", "Io"]
    }
  }
})

export const replaced = MetricDefinition.counter({
  name: "strata.cache.replaced",
  unit: "{file}",
  doc: "Cache files that could not be believed any more, replaced by an empty one",
  attributes: { "strata.cache.reason": { doc: "Why", values: ["damaged", "discarded"] } }
})
