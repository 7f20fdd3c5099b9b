import { Effect, Runtime } from "effect"
import { join } from "node:path"
import { attempt } from "../Contender.ts"
import type { Contender } from "../Contender.ts"
import { overwriteStart, sqliteFile, updateAll } from "../Damage.ts"
import { load } from "../Installed.ts"
import * as Keyv from "./Keyv.ts"

export interface Options {
  /** Of its second level; without one it has the first only. */
  readonly filename?: string
  readonly timeToLiveMillis: number
}

export const open = async <A = string>({ filename, timeToLiveMillis }: Options) => {
  const { createCache } = await load("cache-manager")
  const stores = [await Keyv.open({}), ...(filename === undefined ? [] : [await Keyv.open({ filename })])]
  return createCache<A>({ stores, ttl: timeToLiveMillis })
}

export const contender: Contender = {
  name: "cache-manager",
  hasSchema: false,
  open: ({ folder, timeToLiveMillis }) =>
    Effect.gen(function*() {
      const runPromise = Runtime.runPromise(yield* Effect.runtime())
      const cache = yield* Effect.acquireRelease(
        attempt(() => open({ filename: join(folder, "keyv.db"), timeToLiveMillis })),
        (opened) => Effect.ignore(attempt(() => opened.disconnect()))
      )
      return {
        getOrLoad: (key, loading) => attempt(() => cache.wrap(key, () => runPromise(loading))),
        remove: (key) => attempt(() => cache.del(key))
      }
    }),
  damage: {
    file: (folder) => overwriteStart(sqliteFile(folder)),
    entries: (folder) => updateAll(sqliteFile(folder), "UPDATE keyv SET value = '{garbage'")
  }
}
