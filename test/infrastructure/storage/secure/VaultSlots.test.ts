import { assert, describe, it } from "@effect/vitest"
import { Either, Redacted } from "effect"
import * as Vault from "../../../../src/infrastructure/storage/secure/Vault.ts"
import * as VaultFile from "../../../../src/infrastructure/storage/secure/VaultFile.ts"
import * as VaultSlots from "../../../../src/infrastructure/storage/secure/VaultSlots.ts"
import { decoded, failureOf, forged, open, read, slotKey, slotKeyOf, vaultOf, withValues } from "./VaultSamples.ts"

const values = { token: "first" }
const passphrase = slotKeyOf(9, "passphrase")
const params = Uint8Array.of(1, 2, 3)
const [added, both] = VaultSlots.addSlot(vaultOf(values), { type: "passphrase", params, key: passphrase.key })
const [first = added] = both.file.slots

describe("the slots of a vault", () => {
  it("each open it alone, and only with their own key", () => {
    const bytes = Vault.encode(both)
    for (const key of [slotKey, passphrase, { ...passphrase, id: added.id }]) {
      assert.deepStrictEqual(read(bytes, key), Either.right(values))
    }
    assert.strictEqual(failureOf(bytes, { ...slotKey, slot: "passphrase" }), "WrongSecret")
    assert.strictEqual(failureOf(bytes, { ...passphrase, id: first.id }), "Locked")
  })

  it("are bound to their store, id, type and parameters", () => {
    const file = decoded(Vault.encode(both))
    const mac = Vault.encode(both).subarray(-32)
    const changed: ReadonlyArray<VaultFile.Slot> = [
      { ...added, params: Uint8Array.of(1, 2, 4) },
      { ...added, id: (added.id ^ 1) >>> 0 },
      { ...added, params: new Uint8Array(0) }
    ]
    for (const slot of changed) {
      assert.strictEqual(failureOf(forged({ ...file, slots: [slot] }, mac), passphrase), "Tampered")
    }
    const retyped = { ...added, type: "recovery-code" }
    assert.strictEqual(failureOf(forged({ ...file, slots: [retyped] }, mac), slotKeyOf(9, "recovery-code")), "Tampered")
  })

  it("are added and removed without any entry being sealed again", () => {
    const removed = Either.getOrThrow(VaultSlots.removeSlot(both, first.id))
    assert.strictEqual(removed.file.entries, both.file.entries)
    assert.strictEqual(failureOf(Vault.encode(removed), slotKey), "Locked")
    assert.deepStrictEqual(read(Vault.encode(removed), passphrase), Either.right(values))
    assert.isTrue(VaultSlots.isRevoked(both, removed))
    assert.isFalse(VaultSlots.isRevoked(removed, VaultSlots.addSlot(removed, { type: "x", key: slotKey.key })[1]))
  })

  it("cannot all be removed, and one that is not there cannot be either", () => {
    const single = Either.getOrThrow(VaultSlots.removeSlot(both, first.id))
    const last = VaultSlots.removeSlot(single, added.id)
    assert.strictEqual(Either.isLeft(last) && last.left._tag, "LastSlot")
    const missing = VaultSlots.removeSlot(both, 1)
    assert.strictEqual(Either.isLeft(missing) && missing.left._tag, "SlotNotFound")
  })

  it("of unknown types are kept byte for byte, flags of later versions included", () => {
    const unknown = {
      id: 9,
      flags: 0x80,
      type: "passkey-prf",
      params: Uint8Array.of(7),
      content: Uint8Array.of(0, 255)
    }
    const extended = { ...both, file: { ...both.file, slots: [unknown, ...both.file.slots] } }
    const reopened = Either.getOrThrow(open(Vault.encode(extended)))
    const { slots } = decoded(Vault.encode(withValues(reopened, { token: "second" }, 1)))
    assert.deepStrictEqual(slots.map(({ type }) => type), ["passkey-prf", "key-file", "passphrase"])
    const [kept = unknown] = slots
    assert.deepStrictEqual(
      { ...kept, params: Uint8Array.from(kept.params), content: Uint8Array.from(kept.content) },
      unknown
    )
  })
})

describe("a new root key", () => {
  it("is wrapped by the slots whose keys are at hand; the others become stale and are kept", () => {
    const rotated = Either.getOrThrow(VaultSlots.rotateRoot(both, [slotKey]))
    const bytes = Vault.encode(rotated)
    assert.deepStrictEqual(read(bytes, slotKey), Either.right(values))
    assert.strictEqual(failureOf(bytes, passphrase), "Locked")
    assert.deepStrictEqual(rotated.file.slots.map(VaultFile.isStale), [false, true])
    assert.deepStrictEqual(rotated.file.slots[1]?.content, added.content)
    assert.strictEqual(rotated.file.entries, both.file.entries)
    assert.isTrue(VaultSlots.isRevoked(both, rotated))
  })

  it("keeps ids and parameters, and the old root key opens nothing any more", () => {
    const rotated = Either.getOrThrow(VaultSlots.rotateRoot(both, [slotKey, passphrase]))
    assert.deepStrictEqual(
      rotated.file.slots.map(({ id, params: kept }) => ({ id, params: kept })),
      both.file.slots.map(({ id, params: kept }) => ({ id, params: kept }))
    )
    assert.deepStrictEqual(read(Vault.encode(rotated), passphrase), Either.right(values))
    const old = Either.flatMap(Vault.decode(Vault.encode(rotated)), (file) => Vault.openWithRoot(file, both.root))
    assert.strictEqual(Either.isLeft(old) && old.left._tag, "Tampered")
    const oldSlots = { ...decoded(Vault.encode(rotated)), slots: both.file.slots }
    assert.strictEqual(failureOf(forged(oldSlots, Vault.encode(rotated).subarray(-32))), "Tampered")
  })

  it("is refused when no slot would be left that opens", () => {
    const none = VaultSlots.rotateRoot(both, [{ ...slotKey, key: Redacted.make(new Uint8Array(32)) }])
    assert.strictEqual(Either.isLeft(none) && none.left._tag, "LastSlot")
  })
})
