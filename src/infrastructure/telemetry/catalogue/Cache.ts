/**
 * The cache. Reads have no span: it would cost more than they do.
 */
import * as MetricDefinition from "../MetricDefinition.ts"
import { define } from "../SpanDefinition.ts"

export const load = define({
  name: "cache.load",
  doc: "Getting a value the cache does not have; everybody who asks for it meanwhile waits for this one",
  attributes: { "strata.cache.key_hash": "First 8 hex digits of the key's SHA-256" }
})

export const requests = MetricDefinition.counter({
  name: "strata.cache.requests",
  unit: "{request}",
  doc: "Reads",
  attributes: { "strata.cache.result": { doc: "What they found", values: ["hit", "miss"] } }
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
