/**
 * A store of Keyv over `Cache`, as an application would write one: namespaces are tags. Keyv enumerates no store that
 * does not offer it, and `Cache` offers it to nobody.
 */
import type { ManagedRuntime } from "effect"
import { Effect, Option } from "effect"
import type { KeyvStoreAdapter } from "keyv"
import { Cache } from "../../../../src/domain/storage/Cache.ts"
import type { CacheRegion } from "../../../../src/domain/storage/Cache.ts"

/** What Keyv has serialized. */
export const texts: CacheRegion<string> = {
  name: "foreign",
  policy: { timeToLive: "365 days" },
  encode: (text) => Buffer.from(text),
  decode: (bytes) => Option.some(Buffer.from(bytes).toString())
}

type Run = <A>(use: (cache: typeof Cache.Service) => Effect.Effect<A>) => Promise<A>

export const runIn = (runtime: ManagedRuntime.ManagedRuntime<Cache, never>): Run => (use) =>
  runtime.runPromise(Effect.flatMap(Cache, use))

/** Whether there was something to remove. */
export const removeKnown = (cache: typeof Cache.Service, key: string) =>
  Effect.zipLeft(Effect.map(cache.get(texts, key), Option.isSome), cache.remove(texts, key))

export const make = (run: Run): KeyvStoreAdapter => {
  const read = (cache: typeof Cache.Service, key: string) =>
    Effect.map(cache.get(texts, key), (entry) => Option.getOrUndefined(entry)?.value)

  const store = {
    opts: {},
    namespace: undefined as string | undefined,
    get: (key: string) => run((cache) => read(cache, key)),
    getMany: (keys: ReadonlyArray<string>) => run((cache) => Effect.forEach(keys, (key) => read(cache, key))),
    set: (key: string, value: string, ttl?: number) =>
      run((cache) =>
        cache.set(texts, key, value, {
          tags: [`namespace ${store.namespace}`],
          ...(ttl === undefined ? {} : { policy: { timeToLive: ttl } })
        })
      ),
    has: (key: string) => run((cache) => Effect.map(cache.get(texts, key), Option.isSome)),
    delete: (key: string) => run((cache) => removeKnown(cache, key)),
    deleteMany: (keys: ReadonlyArray<string>) =>
      run((cache) =>
        Effect.map(Effect.forEach(keys, (key) => removeKnown(cache, key)), (known) => known.includes(true))
      ),
    clear: () => run((cache) => cache.removeTag(`namespace ${store.namespace}`)),
    on: () => store
  }
  return store as unknown as KeyvStoreAdapter
}
