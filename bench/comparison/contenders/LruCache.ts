import { Effect } from "effect"
import { LRUCache } from "lru-cache"
import { attempt } from "../Contender.ts"
import type { Contender } from "../Contender.ts"

type Load = () => Promise<string>

export const contender: Contender = {
  name: "lru-cache",
  hasSchema: false,
  open: ({ timeToLiveMillis }) =>
    Effect.sync(() => {
      const cache = new LRUCache<string, string, Load>({
        max: 10_000,
        ttl: timeToLiveMillis,
        fetchMethod: (_key, _stale, { context }) => context()
      })
      return {
        getOrLoad: (key, loading) =>
          attempt(() => cache.forceFetch(key, { context: () => Effect.runPromise(loading) })),
        remove: (key) => Effect.sync(() => cache.delete(key))
      }
    })
}
