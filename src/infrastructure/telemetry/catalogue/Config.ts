/**
 * Loading the configuration. Values are never recorded.
 */
import { define } from "../SpanDefinition.ts"

export const load = define({
  name: "config.load",
  doc: "All sources merged and decoded",
  attributes: {
    "strata.config.profile": "The profile asked for",
    "strata.config.sources": "Names of the sources that exist, separated by commas",
    "strata.config.keys": "How many settings have a value",
    "strata.config.issues": "How many problems were found"
  },
  events: { "config.issue": "One problem: `strata.config.key`, `strata.config.problem` (its kind)" }
})
