import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Redacted, Stream } from "effect"
import { readdirSync } from "node:fs"
import * as Vault from "../../../../src/infrastructure/storage/secure/Vault.ts"
import * as VaultEntry from "../../../../src/infrastructure/storage/secure/VaultEntry.ts"
import * as VaultRotation from "../../../../src/infrastructure/storage/secure/VaultRotation.ts"
import * as MaintenanceFixture from "./MaintenanceFixture.ts"
import { open, read, vaultOf, withValues } from "./VaultSamples.ts"

const values = Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`name ${index}`, `value ${index}`]))
const fresh = vaultOf(values)

const keyIds = (vault: Vault.Vault) => new Set(Array.from(vault.file.entries.values(), VaultEntry.keyId))
const reencrypt = (vault: Vault.Vault, atMost: number) => Either.getOrThrow(VaultRotation.reencrypt(vault, atMost))

/** As another process has it. */
const reopened = (vault: Vault.Vault) => Either.getOrThrow(open(Vault.encode(vault)))

describe("a new data key", () => {
  it("seals what is written from now on; earlier entries still open", () => {
    const rotated = reopened(VaultRotation.rotateDataKey(fresh))
    assert.strictEqual(VaultRotation.pending(rotated), 10)
    const written = withValues(rotated, { "name 3": "changed" }, 1)
    assert.strictEqual(VaultRotation.pending(written), 9)
    assert.strictEqual(keyIds(written).size, 2)
    assert.deepStrictEqual(read(Vault.encode(written)), Either.right({ ...values, "name 3": "changed" }))
  })

  it("seals the rest step by step, also after the process was replaced; then the old key is destroyed", () => {
    let vault = VaultRotation.rotateDataKey(fresh)
    for (const left of [7, 4, 1, 0]) {
      assert.isTrue(VaultRotation.isUnfinished(vault))
      vault = reopened(reencrypt(vault, 3))
      assert.strictEqual(VaultRotation.pending(vault), left)
      assert.deepStrictEqual(read(Vault.encode(vault)), Either.right(values))
    }
    assert.isFalse(VaultRotation.isUnfinished(vault))
    assert.deepStrictEqual(keyIds(vault), new Set([vault.keyset.primary]))
    assert.deepStrictEqual(vault.keyset.keys.map(({ id, status }) => [id, status]), [
      [fresh.keyset.primary, "DESTROYED"],
      [vault.keyset.primary, "ENABLED"]
    ])
    assert.isFalse(Either.isRight(VaultEntry.open(vault.keyset, vault.file.storeId, ...firstOf(fresh))))
  })

  it("can be made as often as one likes: ids of earlier keys are kept for the last hundred", () => {
    let vault = vaultOf({ a: "1" })
    for (let count = 0; count < 120; count++) vault = reencrypt(VaultRotation.rotateDataKey(vault), 10)
    assert.strictEqual(vault.keyset.keys.length, 100)
    assert.deepStrictEqual(read(Vault.encode(vault)), Either.right({ a: "1" }))
  })

  it("ends several rotations that were begun", () => {
    const twice = VaultRotation.rotateDataKey(withValues(VaultRotation.rotateDataKey(fresh), { "name 1": "x" }, 1))
    const done = reopened(reencrypt(twice, 100))
    assert.deepStrictEqual(done.keyset.keys.map(({ status }) => status), ["DESTROYED", "DESTROYED", "ENABLED"])
    assert.deepStrictEqual(read(Vault.encode(done)), Either.right({ ...values, "name 1": "x" }))
  })

  it("ends at once where nothing is kept, and does nothing where nothing is left to do", () => {
    const empty = reencrypt(VaultRotation.rotateDataKey(vaultOf({})), 1)
    assert.isFalse(VaultRotation.isUnfinished(empty))
    assert.strictEqual(reencrypt(empty, 1).keyset, empty.keyset)
  })

  it.scoped("leaves nothing but the vault and its previous generation, also after a rotation", () =>
    Effect.gen(function*() {
      const { folder, open: openStore } = yield* MaintenanceFixture.make
      const { maintenance, store } = yield* openStore()
      yield* store.set("token", Redacted.make("tok_1"))
      yield* Stream.runDrain(maintenance.rotate("root-key"))
      yield* store.set("token", Redacted.make("tok_2"))
      assert.deepStrictEqual(readdirSync(folder), ["vault", "vault.bak"])
    }))
})

const firstOf = (vault: Vault.Vault) => Array.from(vault.file.entries)[0] ?? (["", new Uint8Array(0)] as const)
