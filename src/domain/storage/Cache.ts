/**
 * Copies of what can be fetched again. A fault of the cache's own storage never reaches a reader: it is a miss.
 */
import { Context, Effect, Option, Schema } from "effect"
import type { Duration } from "effect"

/** A stored value and how long ago it was stored. */
export interface CacheEntry<A> {
  readonly value: A
  readonly age: Duration.Duration
}

/** What `getOrLoad` gives: the entry, and whether it came from the cache or was just loaded. */
export interface CacheResult<A> extends CacheEntry<A> {
  readonly origin: "cache" | "loaded"
}

/** Counts since the layer was built. */
export class CacheStats extends Schema.Class<CacheStats>("CacheStats")({
  hits: Schema.Number,
  misses: Schema.Number,
  entries: Schema.Number,
  faults: Schema.Number
}) {}

export class Cache extends Context.Tag("effect-strata/domain/storage/Cache")<
  Cache,
  {
    /** `none` when absent, expired or unreadable. */
    readonly get: (key: string) => Effect.Effect<Option.Option<CacheEntry<string>>>

    /** An entry that cannot be stored is not stored; the caller is not told. A `timeToLive` of zero or less removes. */
    readonly set: (key: string, value: string, timeToLive: Duration.DurationInput) => Effect.Effect<void>

    readonly remove: (key: string) => Effect.Effect<void>

    /** Every entry of every key. */
    readonly clear: Effect.Effect<void>

    /**
     * The cached value, or the one `load` gives, stored for `timeToLive`. Concurrent callers of one key in this
     * process share one `load`, which goes on when the first caller is interrupted and others still wait. A failed
     * `load` is not stored.
     */
    readonly getOrLoad: <E, R>(
      key: string,
      timeToLive: Duration.DurationInput,
      load: Effect.Effect<string, E, R>
    ) => Effect.Effect<CacheResult<string>, E, R>

    readonly stats: Effect.Effect<CacheStats>
  }
>() {}

/** One kind of cached value: keys are prefixed with `name`, an entry that no longer decodes is loaded again. */
export const forSchema = <A, I>(options: {
  readonly name: string
  readonly schema: Schema.Schema<A, I>
  readonly timeToLive: Duration.DurationInput
}) => {
  const json = Schema.parseJson(options.schema)
  const decode = Schema.decodeOption(json)
  const encode = Schema.encode(json)
  const keyOf = (key: string) => `${options.name}:${key}`

  const getOrLoad = <E, R>(key: string, load: Effect.Effect<A, E, R>) =>
    Effect.gen(function*() {
      const cache = yield* Cache
      const loadText = Effect.flatMap(load, (value) => Effect.orDie(encode(value)))
      const result = yield* cache.getOrLoad(keyOf(key), options.timeToLive, loadText)
      const value = decode(result.value)
      if (Option.isSome(value)) return { ...result, value: value.value }
      yield* cache.remove(keyOf(key))
      const loaded = yield* cache.getOrLoad(keyOf(key), options.timeToLive, loadText)
      return { ...loaded, value: yield* Effect.orDie(Schema.decode(json)(loaded.value)) }
    })

  const get = (key: string) =>
    Effect.gen(function*() {
      const cache = yield* Cache
      const entry = yield* cache.get(keyOf(key))
      return Option.flatMap(
        entry,
        ({ age, value }) => Option.map(decode(value), (decoded) => ({ age, value: decoded }))
      )
    })

  return {
    /** `Cache.getOrLoad` on decoded values. */
    getOrLoad,
    /** `Cache.get` on decoded values. */
    get,
    /** Forgets one key. */
    remove: (key: string) => Effect.flatMap(Cache, (cache) => cache.remove(keyOf(key)))
  }
}
