/**
 * Memory before the store, as one. What the store fails is a miss, counted.
 */
import { Effect, Option } from "effect"
import type { Clock } from "effect"
import type { CacheRegion, EntryOptions } from "../../../domain/storage/Cache.ts"
import type { AgingClock } from "./AgingClock.ts"
import type { Counters } from "./Counters.ts"
import * as EntryKey from "./EntryKey.ts"
import { stateOf } from "./EntryState.ts"
import type { State } from "./EntryState.ts"
import { bytesOf } from "./EntryStore.ts"
import type { Claim, Entry, EntryStore, Invalidation, NewEntry, Size } from "./EntryStore.ts"
import type { Cached, FirstLevel } from "./FirstLevel.ts"
import * as Lifetime from "./Lifetime.ts"

export interface Found {
  readonly entry: Cached
  readonly age: number
  readonly state: State
  readonly origin: "memory" | "store"
}

export interface NewValue<A> {
  readonly region: CacheRegion<A>
  readonly id: string
  readonly value: A
  readonly options: EntryOptions | undefined
  readonly generation: NewEntry["generation"]

  /** Through which the value is to be stored. */
  readonly claim?: Claim
}

export interface Levels {
  /** Without I/O. */
  readonly findInMemory: <A>(region: CacheRegion<A>, id: string, now: number) => Found | undefined

  /** Not in memory; `undefined` also for an entry that nothing can be served from. */
  readonly findStored: <A>(region: CacheRegion<A>, id: string) => Effect.Effect<Found | undefined>
  readonly find: <A>(region: CacheRegion<A>, id: string) => Effect.Effect<Found | undefined>

  /** Whether it was stored. */
  readonly put: <A>(value: NewValue<A>) => Effect.Effect<boolean>
  readonly invalidate: (invalidation: Invalidation) => Effect.Effect<void>
  readonly size: Effect.Effect<Size>
}

const mostTags = 16

const isStorable = (id: string, tags: ReadonlyArray<string>) =>
  EntryKey.isStorable(id) && tags.length <= mostTags && tags.every(EntryKey.isStorable)

const decode = <A>(region: CacheRegion<A>, bytes: Uint8Array) => {
  try {
    return region.decode(bytes)
  } catch {
    return Option.none()
  }
}

export interface Parts {
  readonly time: AgingClock
  readonly first: FirstLevel
  readonly store: EntryStore
  readonly counters: Counters
}

export const make = ({ counters, first, store, time }: Parts): Levels => {
  const orElse = <A, B, E>(operation: Effect.Effect<A, E>, fallback: B): Effect.Effect<A | B> =>
    Effect.catchAllCause(operation, () => {
      counters.fault()
      return Effect.succeed(fallback)
    })

  const cached = <A>(
    region: CacheRegion<A>,
    entry: Entry,
    value: A,
    clock: Clock.Clock,
    eagerPart: number
  ): Cached => ({
    key: entry.key,
    tags: entry.tags,
    generation: entry.generation,
    expired: entry.expired,
    region,
    value,
    bytes: bytesOf(entry),
    storedAt: time.now(clock) - (clock.unsafeCurrentTimeMillis() - entry.storedAt),
    eagerUntil: eagerPart === 1 ? entry.freshUntil : entry.freshUntil * eagerPart,
    freshUntil: entry.freshUntil,
    revalidateUntil: entry.revalidateUntil,
    keptUntil: entry.keptUntil
  })

  const findInMemory = <A>(region: CacheRegion<A>, id: string, now: number): Found | undefined => {
    const entry = first.get(id)
    if (entry === undefined || entry.region !== region) return undefined
    const age = now - entry.storedAt
    const state = stateOf(entry, age)
    return state === "dead" ? undefined : { entry, age, state, origin: "memory" }
  }

  const findStored = <A>(region: CacheRegion<A>, id: string) =>
    Effect.clockWith((clock) => {
      if (!EntryKey.isStorable(id)) return Effect.succeed(undefined)
      const ticket = first.startReading(id)
      return Effect.matchCause(store.get(id), {
        onFailure: () => {
          counters.fault()
          return undefined
        },
        onSuccess: (stored): Found | undefined => {
          if (Option.isNone(stored)) return undefined
          const value = decode(region, stored.value.value)
          if (Option.isNone(value)) return undefined
          const entry = cached(region, stored.value, value.value, clock, Lifetime.of(region.policy).eagerPart)
          const age = time.now(clock) - entry.storedAt
          const state = stateOf(entry, age)
          if (state === "dead") return undefined
          first.keep(ticket, entry)
          return { entry, age, state, origin: "store" }
        }
      })
    })

  const invalidate = (invalidation: Invalidation) =>
    Effect.uninterruptible(Effect.suspend(() => {
      const { target } = invalidation
      const ticket = target._tag === "Key" ? first.startWriting(target.key) : undefined
      return Effect.map(orElse(store.invalidate(invalidation), undefined), (generation) => {
        if (generation !== undefined) first.record({ ...invalidation, generation })
        else if (ticket === undefined) first.clear()
        if (ticket !== undefined) first.endWriting(ticket)
      })
    }))

  const put = <A>({ claim, generation, id, options, region, value }: NewValue<A>) =>
    Effect.clockWith((clock) =>
      Effect.randomWith((random) =>
        Effect.flatMap(random.next, (chance) => {
          const lifetime = Lifetime.withChanges(region.policy, options?.policy)
          const tags = options?.tags ?? []
          if (lifetime.timeToLive <= 0 || !isStorable(id, tags)) return Effect.succeed(false)
          const entry: NewEntry = {
            key: id,
            value: region.encode(value),
            tags,
            generation,
            storedAt: clock.unsafeCurrentTimeMillis(),
            ...Lifetime.agesOf(lifetime, chance)
          }
          const storing = claim === undefined
            ? Effect.map(store.put([entry], lifetime.write), ([stored]) => stored ?? Option.none<number>())
            : claim.put(entry)
          return Effect.uninterruptible(Effect.suspend(() => {
            const ticket = first.startWriting(id)
            return Effect.map(orElse(storing, Option.none<number>()), (stored) => {
              if (Option.isNone(stored)) first.endWriting(ticket)
              else {
                const kept = { ...entry, generation: stored.value, expired: false }
                first.endWriting(ticket, cached(region, kept, value, clock, lifetime.eagerPart))
              }
              return Option.isSome(stored)
            })
          }))
        })
      )
    )

  return {
    findInMemory,
    findStored,
    find: (region, id) =>
      Effect.clockWith((clock) => {
        const found = findInMemory(region, id, time.now(clock))
        return found === undefined ? findStored(region, id) : Effect.succeed(found)
      }),
    put,
    invalidate,
    size: orElse(store.size, { entries: 0, bytes: 0, evicted: 0 })
  }
}
