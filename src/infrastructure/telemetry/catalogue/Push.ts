/**
 * Messages pushed to this device.
 */
import * as MetricDefinition from "../MetricDefinition.ts"
import { define } from "../SpanDefinition.ts"

export const register = define({
  name: "push.register",
  doc: "Making this device and its topics known to the backend",
  attributes: { "strata.push.topic_count": "Topics of the device" }
})

export const unregister = define({ name: "push.unregister", doc: "Forgetting this device, here and at the backend" })

export const delivered = MetricDefinition.counter({
  name: "strata.push.delivered",
  unit: "{message}",
  doc: "Messages handed to the application"
})

export const duplicates = MetricDefinition.counter({
  name: "strata.push.duplicates",
  unit: "{message}",
  doc: "Messages that had been handed over before and were dropped"
})

export const undecodable = MetricDefinition.counter({
  name: "strata.push.undecodable",
  unit: "{message}",
  doc: "Messages that could not be read and were skipped"
})
