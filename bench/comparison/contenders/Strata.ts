import { Context, Effect, Layer, Option } from "effect"
import { join } from "node:path"
import { Cache } from "../../../src/domain/storage/Cache.ts"
import * as CacheSchema from "../../../src/domain/storage/CacheSchema.ts"
import * as SqlCache from "../../../src/infrastructure/storage/cache/SqlCache.ts"
import { PeerFailed } from "../Contender.ts"
import type { Contender, Place } from "../Contender.ts"
import { overwriteStart, sqliteFile, updateAll } from "../Damage.ts"
import { texts } from "../Texts.ts"

const region = ({ timeToLiveMillis, version }: Place) =>
  CacheSchema.region({
    name: "texts",
    schema: texts(version),
    policy: { timeToLive: timeToLiveMillis, write: "through" }
  })

export const contender: Contender = {
  name: "Strata",
  hasSchema: true,
  open: (place) =>
    Effect.gen(function*() {
      const context = yield* Layer.build(SqlCache.layer({ filename: join(place.folder, "cache.db") }))
      const cache = Context.get(context, Cache)
      const own = region(place)
      return {
        getOrLoad: (key, load) =>
          Effect.mapBoth(cache.getOrLoad(own, key, load), {
            onSuccess: ({ value }) => value,
            onFailure: (error) => typeof error === "string" ? error : new PeerFailed({ cause: error })
          }),
        remove: (key) => cache.remove(own, key),
        tags: {
          set: (key, value, tag) => cache.set(own, key, value, { tags: [tag] }),
          get: (key) => Effect.map(cache.get(own, key), Option.map(({ value }) => value)),
          remove: cache.removeTag
        }
      }
    }),
  damage: {
    file: (folder) => overwriteStart(sqliteFile(folder)),
    entries: (folder) => updateAll(sqliteFile(folder), "UPDATE entry SET value = x'7b226761726261'")
  }
}
