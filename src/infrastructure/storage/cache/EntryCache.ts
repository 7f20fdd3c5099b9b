/**
 * `Cache` over a store of entries, with memory before it.
 */
import { Effect } from "effect"
import type { Scope } from "effect"
import { Cache, CacheStats } from "../../../domain/storage/Cache.ts"
import type { CacheRegion, EntryOptions, LoadOptions } from "../../../domain/storage/Cache.ts"
import * as AgingClock from "./AgingClock.ts"
import * as Coherence from "./Coherence.ts"
import * as Counters from "./Counters.ts"
import * as EntryKey from "./EntryKey.ts"
import { described } from "./EntryState.ts"
import type { EntryStore, Invalidation } from "./EntryStore.ts"
import * as FailedLoads from "./FailedLoads.ts"
import * as FirstLevel from "./FirstLevel.ts"
import * as Levels from "./Levels.ts"
import * as Loading from "./Loading.ts"
import * as ReadThrough from "./ReadThrough.ts"
import * as SingleFlight from "./SingleFlight.ts"

export interface Options {
  /** `bounded` when absent. */
  readonly coherence?: Coherence.Mode
  readonly memory?: FirstLevel.Options
}

const requestOf = <A, E, R>(
  region: CacheRegion<A>,
  key: string,
  source: Effect.Effect<A, E, R>,
  options: LoadOptions<A, E> | undefined,
  wanted: Loading.LoadRequest<A, E, R>["wanted"]
) => ({ region, key, id: EntryKey.of(region, key), source, options, wanted })

export const make = (
  store: EntryStore,
  options: Options = {}
): Effect.Effect<typeof Cache.Service, never, Scope.Scope> =>
  Effect.gen(function*() {
    const counters = Counters.make()
    yield* Effect.addFinalizer(() => Effect.sync(counters.flush))
    const flights = yield* SingleFlight.make
    const failures = FailedLoads.make()
    const first = FirstLevel.make(options.memory)
    const time = AgingClock.make()
    const levels = Levels.make({ time, first, store, counters })
    const mode = options.coherence ?? "bounded"
    const coherence = yield* Coherence.make({ mode, store, first, flights, counters })

    const tellOfSet = (id: string) => coherence.publish([{ _tag: "Set", ...EntryKey.parse(id) }])
    const load = Loading.make({ time, store, levels, counters, failures, onStored: tellOfSet })
    const reading = ReadThrough.make({ time, levels, flights, failures, counters, load })

    const invalidate = (invalidation: Invalidation) =>
      Effect.uninterruptible(Effect.flatMap(levels.invalidate(invalidation), () => {
        Coherence.forget(flights, invalidation)
        if (invalidation.target._tag === "Key") failures.forget(invalidation.target.key)
        else failures.forgetAll()
        return coherence.publish([Coherence.changeOf(invalidation)])
      }))

    const invalidateKey = (kind: Invalidation["kind"]) => <A>(region: CacheRegion<A>, key: string) =>
      invalidate({ kind, target: { _tag: "Key", key: EntryKey.of(region, key) } })

    const set = <A>(region: CacheRegion<A>, key: string, value: A, entry?: EntryOptions) =>
      Effect.uninterruptible(Effect.suspend(() => {
        const id = EntryKey.of(region, key)
        return Effect.flatMap(
          levels.put({ region, id, value, options: entry, generation: "next" }),
          (isStored) => {
            if (!isStored) return invalidateKey("remove")(region, key)
            flights.forget(id)
            failures.forget(id)
            return tellOfSet(id)
          }
        )
      }))

    /** A hit in memory is one step of its fiber: each further one would cost a quarter of it. */
    const withFound = <A, B, E, R>(
      region: CacheRegion<A>,
      key: string,
      use: (found: Levels.Found | undefined) => Effect.Effect<B, E, R>
    ) =>
      Effect.clockWith((clock) => {
        const id = EntryKey.of(region, key)
        const now = time.now(clock)
        if (coherence.isDue(now)) {
          return Effect.flatMap(coherence.look, () => Effect.flatMap(levels.find(region, id), use))
        }
        const found = levels.findInMemory(region, id, now)
        return found === undefined ? Effect.flatMap(levels.findStored(region, id), use) : use(found)
      })

    return Cache.of({
      get: (region, key) =>
        withFound(region, key, (found) => {
          if (found === undefined) {
            counters.read("miss")
            return Effect.succeedNone
          }
          counters.read(described(found.state) === "fresh" ? "hit" : "stale")
          return Effect.succeedSome(Loading.resultOf(found))
        }),

      getOrLoad: (region, key, source, how) =>
        withFound(region, key, (found) => {
          if (found?.state === "fresh") {
            counters.read("hit")
            return Effect.succeed(Loading.resultOf(found))
          }
          return reading.getOrLoad(requestOf(region, key, source, how, "eager"), found)
        }),

      refresh: (region, key, source, how) => reading.refresh(requestOf(region, key, source, how, "nothing")),
      set,
      expire: invalidateKey("expire"),
      remove: invalidateKey("remove"),
      expireTag: (tag) =>
        EntryKey.isStorable(tag) ? invalidate({ kind: "expire", target: { _tag: "Tag", tag } }) : Effect.void,
      removeTag: (tag) =>
        EntryKey.isStorable(tag) ? invalidate({ kind: "remove", target: { _tag: "Tag", tag } }) : Effect.void,
      expireAll: invalidate({ kind: "expire", target: { _tag: "All" } }),
      clear: invalidate({ kind: "remove", target: { _tag: "All" } }),
      changes: coherence.changes,
      stats: Effect.map(levels.size, ({ bytes, entries, evicted }) => {
        counters.flush()
        return new CacheStats({ ...counters.totals(), entries, bytes, evictions: evicted })
      })
    })
  })
