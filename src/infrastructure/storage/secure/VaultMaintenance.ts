/**
 * `Maintenance` of the vault, over the same open vault as its `SecureStore`.
 */
import { Effect, Layer, Option, Ref } from "effect"
import { Maintenance } from "../../../domain/operations/Maintenance.ts"
import * as Secrets from "../../telemetry/catalogue/Secrets.ts"
import * as Span from "../../telemetry/Span.ts"
import { OpenVault } from "./OpenVault.ts"
import * as PassphraseKey from "./PassphraseKey.ts"
import * as PersonKey from "./PersonKey.ts"
import { VaultKeys } from "./VaultKey.ts"
import * as VaultKeyRotation from "./VaultKeyRotation.ts"
import * as VaultRotation from "./VaultRotation.ts"
import * as VaultSlotMaintenance from "./VaultSlotMaintenance.ts"
import * as VaultStatus from "./VaultStatus.ts"
import * as VaultTransfer from "./VaultTransfer.ts"

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
      ? yield* Effect.cached(PassphraseKey.defaultCost)
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
        isRotating: Option.exists(peeked, VaultRotation.isUnfinished),
        cost: yield* cost
      })
    })

    return Maintenance.of({
      status,

      unlock: (type, secret) =>
        PersonKey.unlock(type, secret, (keyOf) => open.unlock(type, keyOf)).pipe(
          Effect.zipRight(Ref.set(isUnlocked, true)),
          Span.withSpan(Secrets.unlock, { "strata.secret.slot": type })
        ),

      addSlot: (slot) =>
        Effect.flatMap(cost, (price) => VaultSlotMaintenance.addSlot({ cost: price, open, sources }, slot)).pipe(
          Effect.tap((added) => Span.annotate(Secrets.slotAdd, { "strata.secret.slot": added.slot.type })),
          Span.withSpan(Secrets.slotAdd)
        ),

      removeSlot: (id) => Span.withSpan(Secrets.slotRemove)(VaultSlotMaintenance.removeSlot({ open, sources }, id)),

      rotate: (what) => (what === "data-key" ? VaultKeyRotation.dataKey : VaultKeyRotation.rootKey)(open),

      exportAll: (recipient) =>
        Span.withSpan(Secrets.exportAll)(VaultTransfer.exportAll(open, recipient, exportWorkFactor)),

      importAll: (file, key, options) =>
        Span.withSpan(Secrets.importAll)(VaultTransfer.importAll(open, file, key, options)),

      acceptRollback: open.acceptRollback,

      restorePrevious: Effect.map(open.restorePrevious, (quarantined) => ({ quarantined })).pipe(
        Span.withSpan(Secrets.restore)
      )
    })
  })

/** Building it touches no file and asks nobody. */
export const layer = (options: Options = {}): Layer.Layer<Maintenance, never, OpenVault | VaultKeys> =>
  Layer.effect(Maintenance, make(options))
