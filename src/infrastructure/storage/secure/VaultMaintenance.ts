/**
 * `Maintenance` of the vault, over the same open vault as its `SecureStore`.
 */
import { Effect, Layer, Option, Ref } from "effect"
import { computeOnce } from "../../../domain/operations/ComputeOnce.ts"
import { Maintenance } from "../../../domain/operations/Maintenance.ts"
import * as Secrets from "../../telemetry/catalogue/Secrets.ts"
import * as Span from "../../telemetry/Span.ts"
import { OpenVault } from "./OpenVault.ts"
import * as PassphraseKey from "./PassphraseKey.ts"
import * as PersonKey from "./PersonKey.ts"
import * as SecretTransfer from "./SecretTransfer.ts"
import { VaultKeys } from "./VaultKey.ts"
import * as VaultKeyRotation from "./VaultKeyRotation.ts"
import * as VaultRotation from "./VaultRotation.ts"
import * as VaultSlotMaintenance from "./VaultSlotMaintenance.ts"
import * as VaultStatus from "./VaultStatus.ts"
import * as VaultTransaction from "./VaultTransaction.ts"

export interface Options {
  /** What a new passphrase costs to try; as much as this installation can when absent. */
  readonly passphraseCost?: PassphraseKey.Cost
  /** log2 of scrypt's N for exports with a passphrase; 18 when absent, as `age` has it. */
  readonly exportWorkFactor?: number
}

export const make = ({ exportWorkFactor, passphraseCost }: Options = {}) =>
  Effect.gen(function*() {
    const open = yield* OpenVault
    const sources = yield* VaultKeys
    const cost = passphraseCost === undefined
      ? yield* computeOnce(PassphraseKey.defaultCost)
      : Effect.succeed(passphraseCost)
    /** With what the person gave, it stays open for this process. */
    const isUnlocked = yield* Ref.make(false)

    const status = Effect.gen(function*() {
      const file = yield* open.inspect
      const peeked = Option.flatten(Option.fromNullable(open.peek()))
      return VaultStatus.make({
        location: open.file,
        file: Option.getOrUndefined(file),
        sources: yield* Effect.forEach(sources, VaultStatus.look),
        isOpen: Option.isSome(peeked) || (yield* Ref.get(isUnlocked)),
        isGenerationKept: Option.isNone(peeked) || open.noticesRollback(),
        isRotating: Option.exists(peeked, VaultRotation.isUnfinished),
        cost: yield* cost
      })
    })

    return Maintenance.of({
      status,

      unlock: (type, secret) =>
        PersonKey.unlock(type, secret, (keyOf) => open.unlock(type, keyOf)).pipe(
          Effect.zipRight(Ref.set(isUnlocked, true)),
          Span.withSpan(Secrets.unlock, { "strata.vault.slot": type })
        ),

      addSlot: (slot) =>
        Effect.flatMap(cost, (price) => VaultSlotMaintenance.addSlot({ cost: price, open, sources }, slot)).pipe(
          Effect.tap((added) => Span.annotate(Secrets.slotAdd, { "strata.vault.slot": added.slot.type })),
          Span.withSpan(Secrets.slotAdd)
        ),

      removeSlot: (id) => Span.withSpan(Secrets.slotRemove)(VaultSlotMaintenance.removeSlot({ open, sources }, id)),

      rotate: (what) => (what === "data-key" ? VaultKeyRotation.dataKey : VaultKeyRotation.rootKey)(open),

      exportAll: (recipient) =>
        Effect.gen(function*() {
          const transaction = yield* VaultTransaction.make(yield* open.current, open.create)
          const entries = yield* SecretTransfer.read(transaction)
          yield* Span.annotate(Secrets.exportAll, { "strata.vault.entries": entries.length })
          return yield* SecretTransfer.seal(entries, recipient, exportWorkFactor)
        }).pipe(Span.withSpan(Secrets.exportAll)),

      importAll: (file, key, options) =>
        Effect.gen(function*() {
          const entries = yield* SecretTransfer.open(file, key)
          const counts = yield* open.update((found) =>
            Effect.gen(function*() {
              const transaction = yield* VaultTransaction.make(found, open.create)
              const imported = yield* SecretTransfer.merge(transaction, entries, options)
              return [imported, yield* transaction.outcome] as const
            })
          )
          yield* Span.annotate(Secrets.importAll, {
            "strata.vault.added": counts.added,
            "strata.vault.replaced": counts.replaced,
            "strata.vault.kept": counts.kept
          })
          return counts
        }).pipe(Span.withSpan(Secrets.importAll)),

      acceptRollback: open.acceptRollback,

      restorePrevious: Effect.map(open.restorePrevious, (quarantined) => ({ quarantined })).pipe(
        Span.withSpan(Secrets.restore)
      )
    })
  })

/** Building it touches no file and asks nobody. */
export const layer = (options: Options = {}): Layer.Layer<Maintenance, never, OpenVault | VaultKeys> =>
  Layer.effect(Maintenance, make(options))
