/**
 * Telemetry of the secret store. Names of secrets say what a person has, so not even they are recorded.
 */
import * as MetricDefinition from "../MetricDefinition.ts"
import { define } from "../SpanDefinition.ts"

const backend = { "strata.secret.backend": "Where the secrets are: `vault`" } as const

export const secretGet = define({
  name: "secret.get",
  doc: "Reading one secret; a store in memory has no span",
  attributes: { ...backend, "strata.secret.result": "`found` or `absent`" }
})

export const secretSet = define({
  name: "secret.set",
  doc: "Writing one secret, the wait for other processes included",
  attributes: { ...backend, "strata.secret.result": "`written`" }
})

export const secretDelete = define({
  name: "secret.delete",
  doc: "Removing one secret, the wait for other processes included",
  attributes: { ...backend, "strata.secret.result": "`removed` or `absent`" }
})

export const secretModify = define({
  name: "secret.modify",
  doc: "Changing one secret by what it is; the computation runs inside, under the lock",
  attributes: { ...backend, "strata.secret.result": "`written`, `removed` or `unchanged`" }
})

export const secretList = define({
  name: "secret.list",
  doc: "Reading the names of all secrets",
  attributes: { ...backend, "strata.secret.result": "`found` or `absent`" }
})

export const operations = MetricDefinition.counter({
  name: "strata.secret.operations",
  unit: "{operation}",
  doc: "Uses of the secret store by what came of them",
  attributes: {
    "strata.secret.operation": { doc: "What was asked for", values: ["get", "set", "delete", "modify", "list"] },
    "strata.secret.result": { doc: "`failed` covers everything but an answer", values: ["ok", "failed"] }
  }
})
