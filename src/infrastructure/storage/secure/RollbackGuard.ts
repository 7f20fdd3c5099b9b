/**
 * Noticing that an older copy of the vault was put in place of the current one: the highest generation is kept beside
 * the key. Keeping it may cost more than the write itself, so it is done at the first write, then at most once a minute,
 * and at the end; an older copy from in between is noticed by processes that have seen a newer one.
 */
import { Clock, Effect, Fiber, Option } from "effect"
import { Locked, RolledBack } from "../../../domain/storage/SecretFailure.ts"
import type { KeptGeneration, VaultKey, VaultKeyFailure } from "./VaultKey.ts"
import type { Unlocked } from "./VaultUnlock.ts"

const interval = 60_000

/** The longest wait for who keeps it: the vault's lock is held meanwhile. */
const patience = "5 seconds"

/** More writes than a process makes that saw a newer generation than anybody kept. */
const leap = 1_000_000n

/** In a fiber of its own, so that it ends in time also where the caller must not be interrupted. */
const inTime = <A>(effect: Effect.Effect<A, VaultKeyFailure>): Effect.Effect<A, VaultKeyFailure> =>
  effect.pipe(
    Effect.disconnect,
    Effect.timeoutFail({ duration: patience, onTimeout: () => new Locked({ fixes: [] }) }),
    Effect.interruptible,
    Effect.forkDaemon,
    Effect.flatMap(Fiber.join)
  )

const highest = (generations: ReadonlyArray<bigint>): bigint => generations.reduce((a, b) => (a > b ? a : b), 0n)

export const make = (sources: ReadonlyArray<VaultKey>) => {
  /** The highest generation seen in the file by this process. */
  let seen = 0n
  let kept = 0n
  let keptAt: number | undefined
  /** Where it is kept; known once the vault was opened. */
  let keepers: ReadonlyArray<KeptGeneration> | undefined
  /** Those that did not do what they were asked last. */
  const failing = new Set<KeptGeneration>()

  /** Beside the key that opened the vault, and beside the keys of its other slots where that asks nobody. */
  const choose = ({ source, vault }: Unlocked) => {
    const types = new Set(vault.file.slots.map(({ type }) => type))
    return Effect.forEach(sources, (each) => {
      const { generation, slot, status } = each
      if (generation === undefined) return Effect.succeed([])
      if (Option.contains(source, each)) return Effect.succeed([generation])
      return types.has(slot) ? Effect.map(status, ({ usable }) => usable ? [generation] : []) : Effect.succeed([])
    }).pipe(Effect.map((found) => found.flat()))
  }

  /** `undefined`, and a warning, when the keeper does not do it: the others are asked all the same. */
  const ask = <A>(keeper: KeptGeneration, what: string, effect: Effect.Effect<A, VaultKeyFailure>) =>
    Effect.matchEffect(inTime(effect), {
      onSuccess: (answer) => Effect.sync(() => void failing.delete(keeper)).pipe(Effect.as(Option.some(answer))),
      onFailure: ({ _tag }) => {
        failing.add(keeper)
        return Effect.as(
          Effect.logWarning(
            `an older copy of the secret store may not be noticed: its generation was not ${what}, ${_tag}`
          ),
          Option.none()
        )
      }
    })

  /** A keeper that gives no answer has none. */
  const learn = Effect.fnUntraced(function*(unlocked: Unlocked) {
    if (keepers !== undefined) return
    keepers = yield* choose(unlocked)
    const found = yield* Effect.forEach(keepers, (keeper) => ask(keeper, "read", keeper.read))
    kept = highest(found.map((answer) => Option.getOrElse(Option.flatten(answer), () => 0n)))
  })

  /** What cannot be kept now is kept with a later write. */
  const keep = Effect.gen(function*() {
    const generation = seen
    if (keepers === undefined || generation <= kept) return
    const answers = yield* Effect.forEach(keepers, (keeper) => ask(keeper, "kept", keeper.raise(generation)))
    if (answers.every(Option.isSome)) kept = generation
  })

  const next = (unlocked: Unlocked): Effect.Effect<bigint> =>
    Effect.map(learn(unlocked), () => highest([unlocked.vault.file.generation, seen, kept]) + 1n)

  return {
    /** Fails when the file is older than one that was written. */
    check: (unlocked: Unlocked): Effect.Effect<void, RolledBack> =>
      Effect.gen(function*() {
        yield* learn(unlocked)
        const { generation } = unlocked.vault.file
        if (generation < kept || generation < seen) return yield* new RolledBack()
        seen = generation
      }),

    /** The one after every generation known, the vault's own among them. */
    next,

    /** Above every generation that any process may have seen, for a copy that takes the place of newer ones. */
    nextOfAll: (unlocked: Unlocked): Effect.Effect<bigint> =>
      Effect.map(next(unlocked), (generation) => generation + leap),

    /** `generation` was written. To be called under the vault's lock. */
    wrote: (generation: bigint): Effect.Effect<void> =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        seen = generation
        if (keptAt !== undefined && Math.abs(now - keptAt) < interval) return Effect.void
        keptAt = now
        return keep
      }),

    /** Keeps what was seen, for the end of the session. To be called under the vault's lock. */
    keep,

    /** Whether an older file would be noticed by the next process. */
    isKept: (): boolean => keepers?.some((keeper) => !failing.has(keeper)) ?? false
  }
}
