/**
 * Unlocking the vault with the environment's key sources and with what the person gave. Keys that opened it once are
 * kept for as long as this process runs, so that the person is asked once.
 */
import { Effect, Either, Option } from "effect"
import type { Redacted } from "effect"
import type { KeyObject } from "node:crypto"
import { Locked } from "../../../domain/storage/SecretFailure.ts"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import * as RootSlot from "./RootSlot.ts"
import * as Vault from "./Vault.ts"
import * as VaultFile from "./VaultFile.ts"
import type { VaultKey } from "./VaultKey.ts"

/** The vault, and the source whose key opened it, when one was asked for it. */
export interface Unlocked {
  readonly vault: Vault.Vault
  readonly source: Option.Option<VaultKey>
}

/** The key of one slot, from what only the person knows. */
export type KeyOfSlot = (slot: VaultFile.Slot) => Effect.Effect<Redacted.Redacted<Uint8Array>, SecretFailure>

/** What a person can do about it, as one of several ways. */
const fixesOf = (failure: SecretFailure): ReadonlyArray<string> => {
  if (failure._tag === "Locked") return failure.fixes
  return failure._tag === "WrongSecret"
    ? [`give the right key for "${failure.slot}"`]
    : [`put the key right: ${failure.message}`]
}

const noSource = () =>
  new Locked({
    fixes: [
      "protect the secret store with a passphrase: strata secrets slots add passphrase",
      "configure a source for its key"
    ]
  })

/** As long as one way may still work, the store is locked; otherwise the first reason counts, and changed data first. */
const combined = (failures: ReadonlyArray<SecretFailure>): SecretFailure => {
  const tampered = failures.find(({ _tag }) => _tag === "Tampered")
  const locked = failures.some(({ _tag }) => _tag === "Locked")
  return tampered ?? (locked ? new Locked({ fixes: failures.flatMap(fixesOf) }) : failures[0]) ?? noSource()
}

/** The slots that a person opens. */
const personal: ReadonlySet<string> = new Set(["passphrase", "recovery-code"])

/** No source opened it. A person may, whatever is the matter with a source; a lost key is told as what it is. */
const orByPerson = (failure: SecretFailure, types: ReadonlySet<string>): SecretFailure => {
  const left = Array.from(types).filter((type) => personal.has(type))
  if (left.length === 0 || failure._tag === "Tampered" || failure._tag === "KeyLost") return failure
  return new Locked({ fixes: [...fixesOf(failure), `open it by another unlock slot (${left.join(", ")})`] })
}

/** The first of `attempts` that succeeds. Each may ask the person, so changed data ends the search. */
const firstOf = <A>(attempts: ReadonlyArray<Effect.Effect<A, SecretFailure>>): Effect.Effect<A, SecretFailure> =>
  Effect.gen(function*() {
    const failures: Array<SecretFailure> = []
    for (const attempt of attempts) {
      const result = yield* Effect.either(attempt)
      if (Either.isRight(result)) return result.right
      failures.push(result.left)
      if (result.left._tag === "Tampered") break
    }
    return yield* combined(failures)
  })

const usableSlots = ({ slots }: VaultFile.VaultFile) => slots.filter((slot) => !VaultFile.isStale(slot))

export const make = (sources: ReadonlyArray<VaultKey>) => {
  let root: KeyObject | undefined
  /** At most one per source and per slot of the vault. */
  const known = new Map<string, RootSlot.SlotKey>()

  const remember = (key: RootSlot.SlotKey, vault: Vault.Vault) => {
    known.set(`${key.slot} ${key.id ?? ""}`, key)
    root = vault.root
    return vault
  }

  const openKnown = (decoded: VaultFile.Decoded): Option.Option<Vault.Vault> => {
    if (root !== undefined && decoded.format === VaultFile.version) {
      const vault = Vault.openWithRoot(decoded, root)
      if (Either.isRight(vault)) return Option.some(vault.right)
    }
    for (const key of known.values()) {
      const vault = Vault.open(decoded, key)
      if (Either.isRight(vault)) return Option.some(remember(key, vault.right))
    }
    return Option.none()
  }

  const openBy = (decoded: VaultFile.Decoded, source: VaultKey): Effect.Effect<Unlocked, SecretFailure> =>
    Effect.gen(function*() {
      const key = { slot: source.slot, key: yield* source.load }
      return { vault: remember(key, yield* Vault.open(decoded, key)), source: Option.some(source) }
    })

  return {
    /** By what is known already, then by each source in order. */
    open: (decoded: VaultFile.Decoded): Effect.Effect<Unlocked, SecretFailure> =>
      Effect.suspend(() => {
        const vault = openKnown(decoded)
        if (Option.isSome(vault)) return Effect.succeed({ vault: vault.value, source: Option.none() })
        const types = new Set(usableSlots(decoded.file).map(({ type }) => type))
        const matching = sources.filter(({ slot }) => types.has(slot))
        return matching.length === 0
          ? Vault.noSlot(decoded.file)
          : Effect.mapError(
            firstOf(matching.map((source) => openBy(decoded, source))),
            (failure) => orByPerson(failure, types)
          )
      }),

    /** By the first slot of `type` that the person's secret opens; its key is kept. */
    openWith: (decoded: VaultFile.Decoded, type: string, keyOf: KeyOfSlot): Effect.Effect<Unlocked, SecretFailure> =>
      Effect.suspend(() => {
        const slots = usableSlots(decoded.file).filter((slot) => slot.type === type)
        return slots.length === 0 ? Vault.noSlot(decoded.file) : firstOf(slots.map((slot) =>
          Effect.gen(function*() {
            const key = { slot: type, id: slot.id, key: yield* keyOf(slot) }
            return { vault: remember(key, yield* Vault.open(decoded, key)), source: Option.none() }
          })
        ))
      }),

    /** A new, empty vault that the first source which is there opens. When that gives no key, no other is taken instead. */
    create: (now: number): Effect.Effect<Unlocked, SecretFailure> =>
      Effect.gen(function*() {
        const there = yield* Effect.findFirst(sources, ({ isThere }) => isThere ?? Effect.succeed(true))
        const source = Option.getOrElse(there, () => sources[0])
        if (source === undefined) return yield* combined([])
        const key = yield* source.loadForNewVault
        const vault = remember({ slot: source.slot, key }, Vault.create({ type: source.slot, key }, now))
        return { vault, source: Option.some(source) }
      }),

    /** A key for each slot that one is at hand for; sources that give none are passed over. */
    keysOf: (file: VaultFile.VaultFile): Effect.Effect<ReadonlyArray<RootSlot.SlotKey>> =>
      Effect.gen(function*() {
        const keys: Array<RootSlot.SlotKey> = Array.from(known.values())
        const closed = usableSlots(file).filter((slot) => !keys.some((key) => RootSlot.fits(slot, key)))
        for (const source of sources.filter(({ slot }) => closed.some(({ type }) => type === slot))) {
          const key = yield* Effect.option(source.load)
          if (Option.isSome(key)) keys.push({ slot: source.slot, key: key.value })
        }
        return keys
      }),

    /** After the root key of the vault was changed here. */
    adopt: (vault: Vault.Vault): void => void (root = vault.root)
  }
}
