/**
 * Adding and removing ways to unlock the vault, under its lock.
 */
import { Clock, Effect, Option } from "effect"
import type { Redacted } from "effect"
import { LastSlot, SlotNotFound, TooManySlots } from "../../../domain/operations/Maintenance.ts"
import type { NewSlot } from "../../../domain/operations/Maintenance.ts"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import type { OpenVault } from "./OpenVault.ts"
import * as PassphraseKey from "./PassphraseKey.ts"
import * as PersonKey from "./PersonKey.ts"
import * as RootSlot from "./RootSlot.ts"
import * as Vault from "./Vault.ts"
import * as VaultFile from "./VaultFile.ts"
import type { VaultKey } from "./VaultKey.ts"
import * as VaultSlots from "./VaultSlots.ts"
import * as VaultStatus from "./VaultStatus.ts"

export interface Means {
  readonly open: typeof OpenVault.Service
  readonly sources: ReadonlyArray<VaultKey>
  /** What a new passphrase costs to try. */
  readonly cost: PassphraseKey.Cost
}

/** Each may be tried when the vault is opened. */
const maxSlots = 32

interface Made {
  readonly slot: Vault.NewSlot
  readonly code: Option.Option<Redacted.Redacted<string>>
}

/** Makes the source's key where it makes one, so that it has to run under the lock: of two keys one would be lost. */
const ofSource = (
  sources: ReadonlyArray<VaultKey>,
  type: string
): Effect.Effect<Made, SecretFailure | SlotNotFound> => {
  const source = sources.find(({ slot }) => slot === type)
  return source === undefined
    ? new SlotNotFound({ slot: type })
    : Effect.map(source.loadForNewVault, (key) => ({ slot: { type, key }, code: Option.none() }))
}

const ofPerson = (
  slot: Exclude<NewSlot, { readonly _tag: "Source" }>,
  cost: PassphraseKey.Cost
): Effect.Effect<Made, SecretFailure> => {
  if (slot._tag === "Passphrase") {
    return Effect.map(PersonKey.passphraseSlot(slot.passphrase, cost), (made) => ({ slot: made, code: Option.none() }))
  }
  return Effect.sync(() => {
    const { code, slot: made } = PersonKey.recoverySlot()
    return { slot: made, code: Option.some(code) }
  })
}

/** Opened by the environment's own sources where one gives a key, so that it opens without the person. */
const created = (open: Means["open"], slot: Vault.NewSlot): Effect.Effect<Vault.Vault, SecretFailure> => {
  const bySlotAlone = Effect.map(Clock.currentTimeMillis, (now) => Vault.create(slot, now))
  return Effect.catchTags(open.create, { Locked: () => bySlotAlone, KeyLost: () => bySlotAlone })
}

const hasRoomFor = (slots: ReadonlyArray<VaultFile.Slot>, { type }: Vault.NewSlot, cost: PassphraseKey.Cost) =>
  slots.length < maxSlots && (type !== "passphrase" || PersonKey.share(slots) + PassphraseKey.share(cost) <= 1)

/** The vault with the slot. A key that opens it already is not added again, and takes the place of its stale slot. */
const withSlot = (vault: Vault.Vault, slot: Vault.NewSlot, cost: PassphraseKey.Cost) => {
  const fits = (each: VaultFile.Slot) => RootSlot.fits(each, { slot: slot.type, key: slot.key })
  const present = vault.file.slots.find((each) => fits(each) && !VaultFile.isStale(each))
  if (present !== undefined) return Effect.succeed([present, vault] as const)
  const slots = vault.file.slots.filter((each) => !fits(each))
  return hasRoomFor(slots, slot, cost)
    ? Effect.succeed(VaultSlots.addSlot({ ...vault, file: { ...vault.file, slots } }, slot))
    : new TooManySlots({ type: slot.type })
}

export const addSlot = ({ cost, open, sources }: Means, newSlot: NewSlot) =>
  Effect.gen(function*() {
    // Stretching a passphrase takes a while, in which others need not wait.
    const making = newSlot._tag === "Source"
      ? ofSource(sources, newSlot.type)
      : Effect.succeed(yield* ofPerson(newSlot, cost))
    return yield* open.update((found) =>
      Effect.gen(function*() {
        const { code, slot } = yield* making
        const vault = Option.isSome(found) ? found.value : yield* created(open, slot)
        const [added, changed] = yield* withSlot(vault, slot, cost)
        return [{ slot: VaultStatus.slotOf(added, sources), recoveryCode: code }, Option.some(changed)] as const
      })
    )
  })

export const removeSlot = ({ open, sources }: Omit<Means, "cost">, id: number) =>
  open.update((found) =>
    Effect.gen(function*() {
      if (Option.isNone(found)) return yield* new SlotNotFound({ slot: String(id) })
      const changed = yield* VaultSlots.removeSlot(found.value, id)
      const isOpener = (slot: VaultFile.Slot) => !VaultFile.isStale(slot) && VaultStatus.isKnown(sources, slot.type)
      const removed = found.value.file.slots.find((slot) => slot.id === id)
      if (removed !== undefined && isOpener(removed) && !changed.file.slots.some(isOpener)) return yield* new LastSlot()
      return [undefined, Option.some(changed)] as const
    })
  )
