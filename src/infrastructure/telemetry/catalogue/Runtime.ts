/**
 * The life of the process.
 */
import * as MetricDefinition from "../MetricDefinition.ts"
import { define } from "../SpanDefinition.ts"

export const start = define({
  name: "strata.start",
  doc: "From the first Layer to a composed application",
  attributes: {
    "strata.profile": "The chosen profile",
    "strata.layer.count": "Parts that were built"
  },
  events: {
    "layer.ready": "A part was built: `strata.layer`, `strata.layer.duration` in seconds",
    "layer.failed": "A part could not be built: `strata.layer`, `error.type`"
  }
})

export const stop = define({
  name: "strata.stop",
  doc: "Closing everything in the opposite order",
  attributes: { "strata.stop.reason": "`signal`, `finished` or `error`" }
})

export const command = define({
  name: "strata.command",
  doc: "One run of the command line",
  attributes: { "strata.command.name": "The subcommand, without its arguments" }
})

export const startDuration = MetricDefinition.histogram({
  name: "strata.start.duration",
  unit: "s",
  doc: "How long `strata.start` takes"
})
