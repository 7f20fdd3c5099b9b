/**
 * `Cache` over a store of entries: expiry, shared loads, and a miss for whatever the store fails.
 */
import { Cause, Clock, Duration, Effect, Option } from "effect"
import { createHash } from "node:crypto"
import { Cache, CacheStats } from "../../../domain/storage/Cache.ts"
import type { CacheResult } from "../../../domain/storage/Cache.ts"
import type { StorageFailure } from "../../../domain/storage/StorageFailure.ts"
import * as Telemetry from "../../telemetry/catalogue/Cache.ts"
import * as Span from "../../telemetry/Span.ts"
import type { EntryStore } from "./EntryStore.ts"
import * as SingleFlight from "./SingleFlight.ts"

/** UTF-8 has no form for lone surrogates: they would come back as something else, or under another key. */
const isStorable = (text: string) => !/\p{Surrogate}/u.test(text)

const keyHash = (key: string) => createHash("sha256").update(key).digest("hex").slice(0, 8)

export const make = (store: EntryStore) =>
  Effect.gen(function*() {
    const flights = yield* SingleFlight.make<CacheResult<string>>()
    /** Keeps "is this load still wanted?" and the write that follows from it together. */
    const writing = (yield* Effect.makeSemaphore(1)).withPermits(1)
    let hits = 0
    let misses = 0
    let faults = 0

    const orElse = <A>(operation: Effect.Effect<A, StorageFailure>, fallback: A): Effect.Effect<A> =>
      Effect.catchAllCause(operation, (cause) => {
        if (Cause.isInterruptedOnly(cause)) return Effect.interrupt
        faults += 1
        Telemetry.faults.update(1, {})
        return Effect.succeed(fallback)
      })

    const lookUp = (key: string) =>
      Effect.gen(function*() {
        const entry = yield* orElse(store.get(key), Option.none())
        const now = yield* Clock.currentTimeMillis
        return Option.flatMap(entry, ({ expiresAt, storedAt, value }) =>
          // What was stored in the future was stored before the clock was set back: its true age is unknown.
          now < expiresAt && storedAt <= now
            ? Option.some({ value, age: Duration.millis(now - storedAt) })
            : Option.none())
      })

    const count = (found: boolean) => {
      if (found) hits += 1
      else misses += 1
      Telemetry.requests.update(1, { "strata.cache.result": found ? "hit" : "miss" })
    }

    const put = (key: string, value: string, timeToLive: Duration.DurationInput) =>
      Effect.gen(function*() {
        const millis = Math.ceil(Duration.toMillis(timeToLive))
        if (millis <= 0 || !isStorable(key) || !isStorable(value)) return yield* orElse(store.remove(key), undefined)
        const storedAt = yield* Clock.currentTimeMillis
        const expiresAt = Math.min(storedAt + millis, Number.MAX_SAFE_INTEGER)
        const evicted = yield* orElse(store.put({ key, value, storedAt, expiresAt }), 0)
        if (evicted > 0) Telemetry.evictions.update(evicted, {})
      })

    const load =
      <E, R>(key: string, timeToLive: Duration.DurationInput, source: Effect.Effect<string, E, R>) =>
      (isCurrent: () => boolean) =>
        Effect.gen(function*() {
          // Between the caller's look and this flight another one may have landed.
          const found = yield* lookUp(key)
          if (Option.isSome(found)) return { ...found.value, origin: "cache" as const }
          const value = yield* source
          yield* writing(Effect.suspend(() => isCurrent() ? put(key, value, timeToLive) : Effect.void))
          return { value, age: Duration.zero, origin: "loaded" as const }
        }).pipe(Span.withSpan(Telemetry.load, { "strata.cache.key_hash": keyHash(key) }))

    /** A load that began before says nothing about what is true after. */
    const overrule = (key: string, write: Effect.Effect<void>) =>
      writing(Effect.zipRight(Effect.sync(() => flights.forget(key)), write))

    return Cache.of({
      get: (key) => Effect.tap(lookUp(key), (found) => Effect.sync(() => count(Option.isSome(found)))),
      set: (key, value, timeToLive) => overrule(key, put(key, value, timeToLive)),
      remove: (key) => overrule(key, orElse(store.remove(key), undefined)),
      clear: writing(Effect.zipRight(Effect.sync(() => flights.forgetAll()), orElse(store.clear, undefined))),
      getOrLoad: (key, timeToLive, source) =>
        Effect.gen(function*() {
          const found = yield* lookUp(key)
          count(Option.isSome(found))
          if (Option.isSome(found)) return { ...found.value, origin: "cache" as const }
          return yield* flights.run(key, load(key, timeToLive, source))
        }),
      stats: Effect.map(Effect.suspend(() => orElse(store.count, 0)), (entries) =>
        new CacheStats({ hits, misses, entries, faults }))
    })
  })
