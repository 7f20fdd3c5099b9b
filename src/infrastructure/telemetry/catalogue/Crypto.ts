/**
 * Cryptography per purpose. No span: sealing takes microseconds. Nothing of data or purpose is recorded; a key's id is
 * random and stands in front of everything the key makes.
 */
import * as MetricDefinition from "../MetricDefinition.ts"

export const operations = MetricDefinition.counter({
  name: "strata.crypto.operations",
  unit: "{operation}",
  doc: "Uses of keys by what came of them: a rise of `failed` is damage or a forger",
  attributes: {
    "strata.crypto.primitive": {
      doc: "What the key is for",
      values: ["Aead", "StreamingAead", "Mac", "Signature", "Prf"]
    },
    "strata.crypto.key_id": {
      doc: "The key's id; `raw` for keys that do not name themselves, `unknown` where no key of the keyset was named",
      atMost: 20
    },
    "strata.crypto.result": { doc: "Not opening and not verifying are `failed`", values: ["ok", "failed"] }
  }
})

export const reloads = MetricDefinition.counter({
  name: "strata.crypto.reloads",
  unit: "{load}",
  doc: "Keysets read again: because they are a minute old, or because data names a key that is not in them",
  attributes: { "strata.crypto.reason": { doc: "Why", values: ["age", "unknown_key"] } }
})

export const rotations = MetricDefinition.counter({
  name: "strata.crypto.rotations",
  unit: "{key}",
  doc: "Keys replaced because they had sealed as many messages as is safe"
})
