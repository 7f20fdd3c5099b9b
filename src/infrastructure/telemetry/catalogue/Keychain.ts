/**
 * Telemetry of the operating system's keychain. No name of an item: not even a hash of it.
 */
import { define } from "../SpanDefinition.ts"

const attributes = {
  "strata.keychain.backend": "Who keeps the items: `secret-service`, `macos-keychain`, `windows-credentials`, `helper`",
  "strata.keychain.result": "What came of it, in one word; absent when it failed",
  "strata.keychain.prompted": "`true` when it waited for a person to unlock the keychain"
} as const

export const keychainGet = define({
  name: "keychain.get",
  doc: "Reading one item, the wait for a person included; `found` or `absent`",
  attributes
})

export const keychainSet = define({ name: "keychain.set", doc: "Writing one item; `written`", attributes })

export const keychainRemove = define({
  name: "keychain.remove",
  doc: "Removing one item; `removed` or `absent`",
  attributes
})

export const keychainList = define({
  name: "keychain.list",
  doc: "Reading the names of one service's items, but no value; `found` or `absent`",
  attributes
})

export const keychainUnlock = define({
  name: "keychain.unlock",
  doc: "Asking the person, when it is locked, to unlock the keychain; `unlocked`",
  attributes
})
