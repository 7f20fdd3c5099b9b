/**
 * Telemetry of the secret store. Names of secrets say what a person has, so not even they are recorded.
 */
import * as MetricDefinition from "../MetricDefinition.ts"
import { define } from "../SpanDefinition.ts"

const backend = { "strata.secret.backend": "Where the secrets are: `vault`" } as const

export const secretGet = define({
  name: "secret.get",
  doc: "Reading one secret from the file; from a vault that is open already, or a store in memory, it has no span",
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

export const secretTransaction = define({
  name: "secret.transaction",
  doc: "Changing several secrets at once; the body runs inside, under the lock",
  attributes: { ...backend, "strata.vault.changes": "How many secrets it set and removed" }
})

export const secretList = define({
  name: "secret.list",
  doc: "Reading the names of all secrets",
  attributes: { ...backend, "strata.secret.result": "`found` or `absent`" }
})

const slotType = {
  "strata.vault.slot":
    "The type of the unlock slot: `keychain`, `key-file`, `environment`, `command`, `passphrase`, `recovery-code`"
} as const

export const unlock = define({
  name: "secret.unlock",
  doc: "Opening the secret store with what a person gave, the stretching of a passphrase included",
  attributes: slotType
})

export const slotAdd = define({
  name: "secret.slot.add",
  doc: "Adding one way to unlock the secret store",
  attributes: slotType
})

export const slotRemove = define({ name: "secret.slot.remove", doc: "Removing one way to unlock the secret store" })

export const rotate = define({
  name: "secret.rotate",
  doc: "One step of replacing a key of the secret store: one durable write",
  attributes: {
    "strata.vault.key": "`data-key` or `root-key`",
    "strata.vault.pending": "Entries that the old key still seals"
  }
})

export const exportAll = define({
  name: "secret.export",
  doc: "Encrypting all secrets for one recipient",
  attributes: { "strata.vault.entries": "How many" }
})

export const importAll = define({
  name: "secret.import",
  doc: "Decrypting an export and adding its secrets",
  attributes: {
    "strata.vault.added": "Secrets that were not there",
    "strata.vault.replaced": "Secrets whose value was replaced",
    "strata.vault.kept": "Secrets that were there and stayed"
  }
})

export const restore = define({
  name: "secret.restore",
  doc: "Putting the previous generation of the secret store in place of the current file"
})

export const migrate = define({
  name: "secret.migrate",
  doc: "One step of moving all secrets to another store",
  attributes: {
    "strata.vault.step": "`copy`, `switch` or `finalize`",
    "strata.vault.entries": "How many secrets the step wrote or removed"
  }
})

export const operations = MetricDefinition.counter({
  name: "strata.secret.operations",
  unit: "{operation}",
  doc: "Uses of the secret store by what came of them",
  attributes: {
    "strata.secret.operation": {
      doc: "What was asked for",
      values: ["get", "set", "delete", "modify", "transaction", "list"]
    },
    "strata.secret.result": { doc: "`failed` covers everything but an answer", values: ["ok", "failed"] }
  }
})
