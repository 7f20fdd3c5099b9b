import { assert, describe, it } from "@effect/vitest"
import { Either, Option } from "effect"
import * as Vault from "../../../../src/infrastructure/storage/secure/Vault.ts"
import * as VaultEntries from "../../../../src/infrastructure/storage/secure/VaultEntries.ts"
import { vaultOf, withValues } from "./VaultSamples.ts"

describe("what became of the entries", () => {
  const vault = vaultOf({ session: "1", gone: "x" })

  it("of a vault that another took the place of is told by name, removals first", () => {
    const other = vaultOf({ session: "2", added: "x" })
    const changes = VaultEntries.difference(Option.some(vault), Option.some(other))
    assert.deepStrictEqual(changes[0], { name: "gone", kind: "removed" })
    const set = changes.slice(1).map(({ kind, name }) => `${kind} ${name}`)
    assert.deepStrictEqual(set.toSorted(), ["set added", "set session"])
  })

  it("of one that was changed are its changes", () => {
    const changed = withValues(vault, { session: "2" }, 1)
    const changes = VaultEntries.difference(Option.some(vault), Option.some(changed))
    assert.deepStrictEqual(changes, [{ name: "session", kind: "set" }])
    assert.deepStrictEqual(VaultEntries.difference(Option.some(vault), Option.some(vault)), [])
  })
})

describe("an entry that does not open", () => {
  const vault = vaultOf({ good: "1", bad: "2" })
  const tag = Vault.tagOf(vault, "bad")
  const damaged = Vault.withEntries(vault, (entries) => entries.set(tag, new Uint8Array(80)))

  it("stays while others are written, and can be removed", () => {
    const changed = withValues(damaged, { good: "3" })
    assert.deepStrictEqual(changed.file.entries.get(tag), new Uint8Array(80))
    assert.isTrue(Either.isLeft(VaultEntries.names(changed, 0)))
    const removed = VaultEntries.apply(changed, new Map([["bad", Option.none()]]), 0)
    assert.deepStrictEqual(VaultEntries.names(removed, 0), Either.right(["good"]))
  })
})
