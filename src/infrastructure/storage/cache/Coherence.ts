/**
 * Keeps the first level in step with what other processes do to the store.
 */
import { Effect, Option, PubSub, Stream } from "effect"
import type { CacheChange } from "../../../domain/storage/Cache.ts"
import type { Counters } from "./Counters.ts"
import * as EntryKey from "./EntryKey.ts"
import type { Changes, EntryStore, Invalidation } from "./EntryStore.ts"
import type { FirstLevel } from "./FirstLevel.ts"
import type { SingleFlight } from "./SingleFlight.ts"

/**
 * How late this process may see what others did. `strict`: every read looks. `bounded`: reads look, at most every 100
 * ms. `none`: entries in memory live as long as they would.
 */
export type Mode = "strict" | "bounded" | "none"

export const interval = 100

export interface Coherence {
  /** Whether a read at that time is to look first. */
  readonly isDue: (now: number) => boolean
  readonly look: Effect.Effect<void>
  readonly publish: (changes: ReadonlyArray<CacheChange>) => Effect.Effect<void>
  readonly changes: Stream.Stream<CacheChange>
}

export const changeOf = ({ kind, target }: Invalidation): CacheChange => {
  const isRemoved = kind === "remove"
  switch (target._tag) {
    case "All":
      return { _tag: isRemoved ? "AllRemoved" : "AllExpired" }
    case "Tag":
      return { _tag: isRemoved ? "TagRemoved" : "TagExpired", tag: target.tag }
    case "Key":
      return { _tag: isRemoved ? "Removed" : "Expired", ...EntryKey.parse(target.key) }
  }
}

export interface Parts {
  readonly mode: Mode
  readonly store: EntryStore
  readonly first: FirstLevel
  readonly flights: SingleFlight
  readonly counters: Counters
}

/** Nobody may join a load that began before the invalidation. Which tags a load will bring is not known yet. */
export const forget = (flights: SingleFlight, { target }: Pick<Invalidation, "target">): void =>
  target._tag === "Key" ? flights.forget(target.key) : flights.forgetAll()

export const make = ({ counters, first, flights, mode, store }: Parts): Effect.Effect<Coherence> =>
  Effect.gen(function*() {
    const pubsub = yield* PubSub.sliding<CacheChange>(1024)
    let lookedAt = Number.NEGATIVE_INFINITY
    let isLooking = false

    const apply = (changes: Changes): ReadonlyArray<CacheChange> => {
      const news = changes.barriers.filter((barrier) => first.record(barrier))
      first.apply(changes)
      if (changes.everything) flights.forgetAll()
      for (const barrier of news) forget(flights, barrier)
      return [
        ...(changes.everything ? [{ _tag: "AllExpired" } as const] : []),
        ...changes.keys.map((key) => ({ _tag: "Set", ...EntryKey.parse(key) } as const)),
        ...news.map(changeOf)
      ]
    }

    const publish = (changes: ReadonlyArray<CacheChange>) =>
      changes.length === 0 ? Effect.void : Effect.asVoid(PubSub.publishAll(pubsub, changes))

    const ask = Effect.matchCauseEffect(store.changes, {
      onFailure: () => {
        isLooking = false
        counters.fault()
        return Effect.void
      },
      onSuccess: (changes) => {
        isLooking = false
        return Option.isNone(changes) ? Effect.void : publish(apply(changes.value))
      }
    })

    /**
     * Whoever comes while another one looks lets that one apply what it finds before looking itself. The store tells
     * everything once: who is interrupted applies it before.
     */
    const look: Effect.Effect<void> = Effect.uninterruptible(Effect.suspend(() => {
      if (isLooking) return Effect.zipRight(Effect.yieldNow(), ask)
      isLooking = true
      counters.flush()
      return ask
    }))

    return {
      isDue: (now) => {
        if (mode !== "bounded") return mode === "strict"
        if (now - lookedAt < interval && now >= lookedAt) return false
        lookedAt = now
        return true
      },
      look: mode === "none" ? Effect.void : look,
      publish,
      // Without readers nobody looks.
      changes: Stream.unwrapScoped(Effect.gen(function*() {
        const subscription = yield* PubSub.subscribe(pubsub)
        if (mode !== "none") {
          yield* Effect.forkScoped(Effect.forever(Effect.zipRight(look, Effect.sleep(interval))))
        }
        return Stream.fromQueue(subscription)
      }))
    }
  })
