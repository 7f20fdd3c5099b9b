/**
 * `Maintenance` of a store in memory: slots are known and tried, but there is no key that they would protect.
 */
import { Effect, Layer, Option, Redacted, Ref, Stream } from "effect"
import {
  LastSlot,
  Maintenance,
  SecretStoreStatus,
  SlotNotFound,
  UnlockSlot
} from "../../../domain/operations/Maintenance.ts"
import type { NewSlot } from "../../../domain/operations/Maintenance.ts"
import { Locked, WrongSecret } from "../../../domain/storage/SecretFailure.ts"
import { SecureStore } from "../../../domain/storage/SecureStore.ts"
import { Corrupt } from "../../../domain/storage/StorageFailure.ts"
import * as RecoveryCode from "./RecoveryCode.ts"
import * as SecretTransfer from "./SecretTransfer.ts"
import * as VaultKeyText from "./VaultKeyText.ts"

const type = "memory"

/** log2 of scrypt's N: nothing here is worth more. */
const workFactor = 10

interface Slot {
  readonly slot: UnlockSlot
  /** What the person gives, as it is compared. */
  readonly secret: Option.Option<string>
}

const normalized = (passphrase: Redacted.Redacted<string>) => Redacted.value(passphrase).normalize("NFKC")

const codeOf = (key: Redacted.Redacted<Uint8Array>) => Redacted.value(RecoveryCode.format(key))

export const make = Effect.gen(function*() {
  const store = yield* SecureStore
  const slots = yield* Ref.make<ReadonlyArray<Slot>>([{
    slot: new UnlockSlot({ id: 1, type, usable: true, stale: false }),
    secret: Option.none()
  }])

  const put = (added: string, secret: Option.Option<string>) =>
    Ref.modify(slots, (all) => {
      const slot = new UnlockSlot({
        id: Math.max(0, ...all.map((each) => each.slot.id)) + 1,
        type: added,
        usable: true,
        stale: false
      })
      return [slot, [...all, { slot, secret }]]
    })

  const addSlot = (slot: NewSlot) =>
    Effect.gen(function*() {
      if (slot._tag === "Passphrase") {
        const added = yield* put("passphrase", Option.some(normalized(slot.passphrase)))
        return { slot: added, recoveryCode: Option.none() }
      }
      if (slot._tag === "RecoveryCode") {
        const code = codeOf(VaultKeyText.generate())
        const added = yield* put("recovery-code", Option.some(code))
        return { slot: added, recoveryCode: Option.some(Redacted.make(code)) }
      }
      const known = (yield* Ref.get(slots)).find((each) => each.slot.type === slot.type)
      if (slot.type !== type) return yield* new SlotNotFound({ slot: slot.type })
      return { slot: known?.slot ?? (yield* put(type, Option.none())), recoveryCode: Option.none() }
    })

  return Maintenance.of({
    status: Effect.gen(function*() {
      const { length } = yield* store.list
      return new SecretStoreStatus({
        location: "memory",
        exists: length > 0,
        locked: false,
        generation: 0,
        entries: length,
        slots: (yield* Ref.get(slots)).map(({ slot }) => slot),
        keySources: [{ type, detail: "memory (gone with the process)" }],
        rollbackDetected: true,
        advice: []
      })
    }),

    unlock: (given, secret) =>
      Effect.gen(function*() {
        const candidates = (yield* Ref.get(slots)).filter(({ slot }) => slot.type === given)
        if (candidates.length === 0) return yield* new Locked({ fixes: [`add an unlock slot of type ${given}`] })
        const text = given === "passphrase"
          ? Option.some(normalized(secret))
          : Option.map(RecoveryCode.parse(secret), codeOf)
        const opens = Option.isSome(text) && candidates.some((each) => Option.contains(each.secret, text.value))
        if (!opens) return yield* new WrongSecret({ slot: given })
      }),

    addSlot,

    removeSlot: (id) =>
      Effect.gen(function*() {
        const all = yield* Ref.get(slots)
        if (!all.some(({ slot }) => slot.id === id)) return yield* new SlotNotFound({ slot: String(id) })
        if (all.length === 1) return yield* new LastSlot()
        yield* Ref.set(slots, all.filter(({ slot }) => slot.id !== id))
      }),

    rotate: (what) =>
      Stream.fromEffect(
        Effect.map(store.list, ({ length }) =>
          what === "data-key" ? { done: length, total: length } : { done: 1, total: 1 })
      ),

    exportAll: (recipient) =>
      Effect.flatMap(
        store.transaction(SecretTransfer.read),
        (entries) => SecretTransfer.seal(entries, recipient, workFactor)
      ),

    importAll: (file, key, options) =>
      Effect.flatMap(
        SecretTransfer.open(file, key),
        (entries) => store.transaction((transaction) => SecretTransfer.merge(transaction, entries, options))
      ),

    acceptRollback: Effect.void,

    restorePrevious: new Corrupt({ store: "secret store in memory", operation: "restore" })
  })
})

/** Of the `SecureStore` beside it, which may be any. */
export const layer: Layer.Layer<Maintenance, never, SecureStore> = Layer.effect(Maintenance, make)
