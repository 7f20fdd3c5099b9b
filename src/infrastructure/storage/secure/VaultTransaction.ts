/**
 * Changes to the vault that are written all at once, or not at all.
 */
import { Clock, DateTime, Duration, Effect, Either, Option } from "effect"
import type { Redacted } from "effect"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import type { SecretTransaction, SetOptions } from "../../../domain/storage/SecureStore.ts"
import * as SecretText from "./SecretText.ts"
import type * as Vault from "./Vault.ts"
import * as VaultEntries from "./VaultEntries.ts"
import * as VaultEntry from "./VaultEntry.ts"

export type Secret = Option.Option<Redacted.Redacted<string>>

export interface VaultTransaction extends SecretTransaction {
  /** How many entries are set or removed. */
  readonly changes: () => number

  /** The vault as it is to be written; the one found when nothing was changed. */
  readonly outcome: Effect.Effect<Option.Option<Vault.Vault>, SecretFailure>
}

/** Moments from here on do not fit into the entry, and nobody will see them. */
const never = 2 ** 64

/** 0 for never; `none` when the time is over before it began. */
const expiry = (options: SetOptions | undefined, now: number): Option.Option<bigint> => {
  if (options?.timeToLive === undefined) return Option.some(0n)
  const timeToLive = Duration.decode(options.timeToLive)
  if (!Duration.isFinite(timeToLive)) return Option.some(0n)
  const milliseconds = Math.ceil(Duration.toMillis(timeToLive))
  if (milliseconds <= 0) return Option.none()
  return Option.some(now + milliseconds < never ? BigInt(now) + BigInt(milliseconds) : 0n)
}

/** `create`: the vault to change when there is none. */
export const make = (
  found: Option.Option<Vault.Vault>,
  create: Effect.Effect<Vault.Vault, SecretFailure>
): Effect.Effect<VaultTransaction> =>
  Effect.sync(() => {
    const changes = new Map<string, VaultEntries.Change>()

    const find = (name: string) =>
      Effect.gen(function*() {
        const now = yield* Clock.currentTimeMillis
        const entry: VaultEntries.Change = changes.get(name) ??
          (Option.isSome(found) ? yield* VaultEntries.get(found.value, name) : Option.none())
        return Option.filter(entry, (known) => !VaultEntry.isExpired(known, now))
      })

    return {
      get: (name) => Effect.map(find(name), Option.map(({ value }) => value)),

      set: (name, value, options) =>
        Effect.gen(function*() {
          yield* SecretText.assertWellFormed(name, value)
          const expiresAt = expiry(options, yield* Clock.currentTimeMillis)
          changes.set(name, Option.map(expiresAt, (at) => ({ value, expiresAt: at })))
        }),

      remove: (name) =>
        Effect.gen(function*() {
          const now = yield* Clock.currentTimeMillis
          const change = changes.get(name)
          changes.set(name, Option.none())
          if (change !== undefined) return Option.exists(change, (entry) => !VaultEntry.isExpired(entry, now))
          // One that does not open is there all the same.
          return Option.exists(found, (vault) => Either.getOrElse(VaultEntries.has(vault, name, now), () => true))
        }),

      list: Effect.gen(function*() {
        const now = yield* Clock.currentTimeMillis
        const before = Option.isNone(found) ? [] : yield* VaultEntries.names(found.value, now)
        const names = new Set(before)
        for (const [name, change] of changes) {
          if (Option.isSome(change)) names.add(name)
          else names.delete(name)
        }
        return Array.from(names).toSorted()
      }),

      expiresAt: (name) =>
        Effect.map(
          find(name),
          Option.flatMap(({ expiresAt }) => expiresAt === 0n ? Option.none() : DateTime.make(Number(expiresAt)))
        ),

      changes: () => changes.size,

      outcome: Effect.gen(function*() {
        const now = yield* Clock.currentTimeMillis
        for (const [name, change] of changes) {
          const idle = Option.isNone(change) &&
            (Option.isNone(found) || !VaultEntries.contains(found.value, name))
          if (idle) changes.delete(name)
        }
        if (changes.size === 0) return found
        const vault = Option.isSome(found) ? found.value : yield* create
        return Option.some(VaultEntries.apply(vault, changes, now))
      })
    }
  })
