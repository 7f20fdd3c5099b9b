/**
 * The ways to unlock a vault, and its root key. Changing them rewraps 32 bytes; no entry is sealed again.
 */
import { Either } from "effect"
import { LastSlot, SlotNotFound } from "../../../domain/operations/Maintenance.ts"
import * as RootKey from "./RootKey.ts"
import * as RootSlot from "./RootSlot.ts"
import { makeSlot, withKeys } from "./Vault.ts"
import type { NewSlot, Vault } from "./Vault.ts"
import * as VaultFile from "./VaultFile.ts"

const withSlots = (vault: Vault, slots: ReadonlyArray<VaultFile.Slot>): Vault => ({
  ...vault,
  file: { ...vault.file, slots }
})

/** The new slot is the vault's last one. */
export const addSlot = (vault: Vault, slot: NewSlot): readonly [VaultFile.Slot, Vault] => {
  const added = makeSlot(slot, vault.file, vault.root)
  return [added, withSlots(vault, [...vault.file.slots, added])]
}

/** A stale slot opens nothing, so it does not count as the last one, and can always be removed. */
export const removeSlot = (vault: Vault, id: number): Either.Either<Vault, LastSlot | SlotNotFound> => {
  const rest = vault.file.slots.filter((slot) => slot.id !== id)
  if (rest.length === vault.file.slots.length) return Either.left(new SlotNotFound({ slot: String(id) }))
  return rest.every(VaultFile.isStale) ? Either.left(new LastSlot()) : Either.right(withSlots(vault, rest))
}

/**
 * A new root key. The slots that one of `keys` opens wrap it, and keep their ids and parameters; the others become
 * stale. Fails when no slot would be left that opens.
 */
export const rotateRoot = (
  vault: Vault,
  keys: ReadonlyArray<RootSlot.SlotKey>
): Either.Either<Vault, LastSlot> => {
  const root = RootKey.random()
  const slots = vault.file.slots.map((slot) => {
    const fitting = VaultFile.isStale(slot) ? undefined : keys.find((key) => RootSlot.fits(slot, key))
    return fitting === undefined
      ? VaultFile.asStale(slot)
      : RootKey.withBytes(root, (bytes) => RootSlot.wrap(slot, fitting.key, vault.file.storeId, bytes))
  })
  return slots.every(VaultFile.isStale)
    ? Either.left(new LastSlot())
    : Either.right(withKeys(withSlots(vault, slots), { root }))
}

/** Whether a copy of `before` tells more to somebody than `after` does: a slot or a key of it was given up. */
export const isRevoked = (before: Vault, after: Vault): boolean =>
  before.root !== after.root ||
  before.keyset.keys.some(({ id, status }) =>
    status !== "DESTROYED" && after.keyset.keys.every((key) => key.id !== id || key.status === "DESTROYED")
  ) ||
  before.file.slots.some(({ id }) => after.file.slots.every((slot) => slot.id !== id))
