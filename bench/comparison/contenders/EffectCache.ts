import { Cache, Effect } from "effect"
import type { Contender, Load } from "../Contender.ts"

export const contender: Contender = {
  name: "effect Cache",
  hasSchema: false,
  open: ({ timeToLiveMillis }) =>
    Effect.gen(function*() {
      /** Its one look-up function is given when it is made. */
      const loads = new Map<string, Load>()
      const cache = yield* Cache.make({
        capacity: 10_000,
        timeToLive: timeToLiveMillis,
        lookup: (key: string) => Effect.suspend(() => loads.get(key) ?? Effect.dieMessage("It has no load"))
      })
      return {
        getOrLoad: (key, load) => Effect.suspend(() => cache.get(loads.set(key, load) && key)),
        remove: (key) => cache.invalidate(key)
      }
    })
}
