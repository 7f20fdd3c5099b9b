/**
 * What can be told of a vault without unlocking it, and what a person should do about it.
 */
import { Effect, Either } from "effect"
import { SecretStoreStatus, UnlockSlot } from "../../../domain/operations/Maintenance.ts"
import * as PassphraseKey from "./PassphraseKey.ts"
import * as VaultFile from "./VaultFile.ts"
import type { VaultKey, VaultKeyStatus } from "./VaultKey.ts"

export interface Facts {
  readonly location: string
  readonly file: VaultFile.VaultFile | undefined
  readonly sources: ReadonlyArray<Source>
  /** Whether this process has it open already. */
  readonly isOpen: boolean
  /** Whether one who keeps the generation answers, as far as is known: it is of an open vault only. */
  readonly isGenerationKept: boolean
  /** Whether a rotation was begun and not finished; known of an open vault only. */
  readonly isRotating: boolean
  /** What a passphrase should cost. */
  readonly cost: PassphraseKey.Cost
}

export interface Source {
  readonly key: VaultKey
  readonly status: VaultKeyStatus
}

/** What only a person gives. */
const asked = new Set(["passphrase", "recovery-code"])

export const look = (key: VaultKey): Effect.Effect<Source> => Effect.map(key.status, (status) => ({ key, status }))

/** Nobody vouches for the file yet: what it holds must not steer a terminal. */
export const printable = (text: string) => text.replaceAll(/[^\x20-\x7e]/g, "?")

/** Whether a key could be had for slots of this type, perhaps only by asking. */
export const isKnown = (sources: ReadonlyArray<Pick<VaultKey, "slot">>, type: string): boolean =>
  asked.has(type) || sources.some(({ slot }) => slot === type)

const live = (file: VaultFile.VaultFile) => file.slots.filter((slot) => !VaultFile.isStale(slot))

const hasSlotOf = (file: VaultFile.VaultFile, { key }: Source) => live(file).some(({ type }) => type === key.slot)

const slotAdvice = (slot: VaultFile.Slot, { cost }: Facts): ReadonlyArray<string> => {
  const name = `slot ${slot.id} (${printable(slot.type)})`
  if (VaultFile.isStale(slot)) return [`add ${name} again or remove it: it does not open the present root key`]
  if (slot.type !== "passphrase") return []
  const params = PassphraseKey.decode(slot.params)
  if (Either.isLeft(params)) return [`add ${name} again and remove it: ${params.left.message}`]
  return PassphraseKey.share(params.right.cost) < PassphraseKey.share(cost) / 2
    ? [`add the passphrase again and remove ${name}: it is protected less than a new one would be`]
    : []
}

const fileAdvice = (file: VaultFile.VaultFile, facts: Facts): ReadonlyArray<string> => {
  const slots = live(file)
  const usable = slots.filter(({ type }) => isKnown(facts.sources.map(({ key }) => key), type))
  const forgetful = facts.sources.filter((source) =>
    hasSlotOf(file, source) && !source.status.durable && source.status.usable
  )
  return [
    ...(usable.length > 0 ? [] : ["configure a source for one of the unlock slots: none of them can be used here"]),
    ...forgetful.map(({ key, status }) =>
      `add another unlock slot: the key in ${key.slot} (${status.detail}) is gone when the machine restarts`
    ),
    ...(slots.some(({ type }) => type === "recovery-code")
      ? []
      : ["add a recovery code, for the day when every other way to unlock is lost"]),
    ...file.slots.flatMap((slot) => slotAdvice(slot, facts)),
    ...(facts.isRotating ? ["rotate the data key once more: a rotation was begun and did not end"] : []),
    ...(detectsRollback(file, facts)
      ? []
      : [
        "add a key source that keeps the generation (keychain, key file): an older copy of the file would not be noticed"
      ])
  ]
}

const detectsRollback = (file: VaultFile.VaultFile, { isGenerationKept, sources }: Facts) =>
  isGenerationKept && sources.some((source) => source.key.generation !== undefined && hasSlotOf(file, source))

const isReadable = (file: VaultFile.VaultFile | undefined, { isOpen, sources }: Facts) =>
  file === undefined || isOpen || sources.some((source) => source.status.usable && hasSlotOf(file, source))

const count = (generation: bigint) =>
  Number(generation < Number.MAX_SAFE_INTEGER ? generation : Number.MAX_SAFE_INTEGER)

export const slotOf = (slot: VaultFile.Slot, sources: ReadonlyArray<Pick<VaultKey, "slot">>): UnlockSlot =>
  new UnlockSlot({
    id: slot.id,
    type: printable(slot.type),
    usable: !VaultFile.isStale(slot) && isKnown(sources, slot.type),
    stale: VaultFile.isStale(slot)
  })

export const make = (facts: Facts): SecretStoreStatus => {
  const { file, location, sources } = facts
  const keys = sources.map(({ key }) => key)
  return new SecretStoreStatus({
    location,
    exists: file !== undefined,
    locked: !isReadable(file, facts),
    generation: count(file?.generation ?? 0n),
    entries: file?.entries.size ?? 0,
    slots: file?.slots.map((slot) => slotOf(slot, keys)) ?? [],
    keySources: sources.map(({ key, status }) => ({ type: key.slot, detail: `${key.slot} (${status.detail})` })),
    rollbackDetected: file !== undefined && detectsRollback(file, facts),
    advice: file === undefined ? [] : fileAdvice(file, facts)
  })
}
