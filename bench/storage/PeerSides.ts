/**
 * The other side of the cache's benchmarks: the same records, keys and order.
 */
import { Cache, Effect, Exit, Scope } from "effect"
import { LRUCache } from "lru-cache"
import { join } from "node:path"
import * as Bentocache from "../comparison/contenders/Bentocache.ts"
import * as CacheManager from "../comparison/contenders/CacheManager.ts"
import * as Keyv from "../comparison/contenders/Keyv.ts"
import * as PersistedCacheOf from "../comparison/contenders/PersistedCache.ts"
import { isInstalled } from "../comparison/Installed.ts"
import { cpuPerOperation, wallPerOperation } from "../Cost.ts"
import type { Side, Subject } from "../Harness.ts"
import * as Folder from "./Folder.ts"
import { keyOf, profile, spread } from "./Profiles.ts"
import type { Profile, Size } from "./Profiles.ts"
import * as RawCache from "./RawCache.ts"

export interface Options {
  readonly keys: number
  readonly operations: number
}

const timeToLiveMillis = 86_400_000

interface Opened {
  readonly get: (key: string) => unknown
  readonly set?: (key: string, value: Profile) => unknown
  readonly close?: () => unknown
}

const expectHit = (value: unknown) => {
  if (value === undefined || value === null) throw new Error("it is a miss")
}

/** Answers are awaited when they are promises, and only then. */
const side = async (
  { keys, operations }: Options,
  what: "get" | "set",
  open: (folder: string) => Promise<Opened> | Opened,
  cost = cpuPerOperation
): Promise<Side> => {
  const { folder, remove } = Folder.make()
  const { close, get, set } = await open(folder)
  for (let index = 0; index < keys; index++) await set?.(keyOf(index), profile(index, "200 B"))
  let next = 0
  const use = what === "get"
    ? (index: number) => get(keyOf(spread(index, keys)))
    : (index: number) => set?.(keyOf(spread(index, keys)), profile(index, "200 B", index))
  return {
    sample: () =>
      cost(operations, async () => {
        for (const end = next + operations; next < end; next++) {
          const answer = use(next)
          const value = answer instanceof Promise ? await answer : answer
          if (what === "get") expectHit(value)
        }
      }),
    close: async () => {
      await close?.()
      remove()
    }
  }
}

const installed = (subject: Subject): Subject => () => isInstalled ? subject() : undefined

export const lru = (options: Options): Subject => () =>
  side(options, "get", () => {
    const cache = new LRUCache<string, Profile>({ max: 200_000, ttl: timeToLiveMillis })
    return { get: (key) => cache.get(key), set: (key, value) => cache.set(key, value) }
  })

export const bentocache = (
  options: Options,
  what: "get" | "set",
  levels: Bentocache.Options["levels"]
): Subject =>
  installed(() =>
    side(options, what, async (folder) => {
      const cache = await Bentocache.open({ filename: join(folder, "bento.db"), timeToLiveMillis, levels })
      return {
        get: (key) => cache.get({ key }),
        set: (key, value) => cache.set({ key, value }),
        close: () => cache.disconnectAll()
      }
    })
  )

export const cacheManager = (options: Options): Subject =>
  installed(() =>
    side(options, "get", async () => {
      const cache = await CacheManager.open<Profile>({ timeToLiveMillis })
      return { get: (key) => cache.get(key), set: (key, value) => cache.set(key, value) }
    })
  )

export const keyv = (options: Options, what: "get" | "set", where: "memory" | "file"): Subject =>
  installed(() =>
    side(options, what, async (folder) => {
      const cache = await Keyv.open(where === "memory" ? {} : { filename: join(folder, "keyv.db") })
      return {
        get: (key) => cache.get(key),
        set: (key, value) => cache.set(key, value, timeToLiveMillis),
        close: () => cache.disconnect()
      }
    })
  )

/** `get` in one fiber, of what `get` has loaded already. */
const inFiber = async <E, E2>(
  { keys, operations }: Options,
  open: (folder: string) => Effect.Effect<(key: string) => Effect.Effect<unknown, E>, E2, Scope.Scope>
): Promise<Side> => {
  const { folder, remove } = Folder.make()
  const scope = Effect.runSync(Scope.make())
  const get = await Effect.runPromise(Scope.extend(open(folder), scope))
  await Effect.runPromise(Folder.times(keys, (index) => get(keyOf(index))))
  let next = 0
  return {
    sample: () =>
      cpuPerOperation(
        operations,
        () => Effect.runPromise(Folder.times(operations, () => get(keyOf(spread(next++, keys)))))
      ),
    close: () => Effect.runPromise(Scope.close(scope, Exit.void)).then(remove)
  }
}

export const effectCache = (options: Options): Subject => () =>
  inFiber(options, () =>
    Effect.map(
      Cache.make({
        capacity: 200_000,
        timeToLive: timeToLiveMillis,
        lookup: () => Effect.succeed(profile(1, "200 B"))
      }),
      (cache) => (key) => cache.get(key)
    ))

export const persistedCache = (options: Options): Subject => () =>
  inFiber(options, (folder) =>
    Effect.map(
      PersistedCacheOf.open({ folder, timeToLiveMillis, version: "earlier" }),
      ({ get }) => (key) => get(key, Effect.succeed(profile(1, "200 B").about))
    ))

/** All of them together. */
export const effectStampede = (callers: number): Subject => async () => {
  const source = Effect.as(Effect.sleep("5 millis"), profile(1, "200 B"))
  const cache = await Effect.runPromise(
    Cache.make({
      capacity: 1000,
      timeToLive: timeToLiveMillis,
      lookup: (round: string) => Effect.tap(source, () => Effect.succeed(round))
    })
  )
  let round = 0
  return {
    sample: () => {
      const ask = cache.get(`round ${round++}`)
      return cpuPerOperation(
        1,
        () =>
          Effect.runPromise(
            Effect.all(Array.from({ length: callers }, () => ask), { concurrency: "unbounded", discard: true })
          )
      )
    }
  }
}

export const rawGet = ({ keys, operations }: Options, size: Size): Subject => () =>
  side({ keys: 0, operations }, "get", (folder) => {
    const { database, fill, get } = RawCache.open(folder)
    fill(keys, size)
    let next = 0
    return { get: () => get(keyOf(spread(next++, keys))), close: () => database.close() }
  })

export const rawSet = (options: Options): Subject => () =>
  side(options, "set", (folder) => {
    const { database, fill, get, set } = RawCache.open(folder)
    fill(options.keys, "200 B")
    return { get, set, close: () => database.close() }
  })

/** By time, since it waits for the disk. */
export const rawSetDurably = (options: Options): Subject => () =>
  side(options, "set", (folder) => {
    const { database, get, set } = RawCache.open(folder, "FULL")
    return { get, set, close: () => database.close() }
  }, wallPerOperation)
