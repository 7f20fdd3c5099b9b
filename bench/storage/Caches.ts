/**
 * Our cache in a file, as benchmarks want it.
 */
import { Context, Effect, Layer, ManagedRuntime } from "effect"
import { join } from "node:path"
import { Cache } from "../../src/domain/storage/Cache.ts"
import * as EntryCache from "../../src/infrastructure/storage/cache/EntryCache.ts"
import * as SqlEntryStore from "../../src/infrastructure/storage/cache/SqlEntryStore.ts"
import * as WriteBehind from "../../src/infrastructure/storage/cache/WriteBehind.ts"
import type { Side } from "../Harness.ts"
import * as Folder from "./Folder.ts"
import { keyOf, profile, region } from "./Profiles.ts"
import type { Size } from "./Profiles.ts"

export interface Options {
  /** There from the beginning. */
  readonly keys: number
  readonly size: Size

  /** How much of it is kept in memory: all of it, or nothing to speak of. */
  readonly memory: "all" | "none"
  readonly coherence?: EntryCache.Options["coherence"]
  readonly maxBytes?: number
}

type Service = typeof Cache.Service

const gigabyte = 1024 ** 3
const batch = 200

const filling = region({ write: "behind" })

/** In batches, as a store that is told to write behind makes them. */
export const fill = (cache: Service, keys: number, size: Size) =>
  Effect.forEach(
    Array.from({ length: Math.ceil(keys / batch) }, (_, index) => index * batch),
    (first) =>
      Effect.zipRight(
        Effect.forEach(
          Array.from({ length: Math.min(batch, keys - first) }, (_, index) => first + index),
          (index) => cache.set(filling, keyOf(index), profile(index, size)),
          { discard: true }
        ),
        cache.stats
      ),
    { discard: true }
  )

/** As `SqlCache` puts it together, with bounds that keep eviction away unless one is asked for. */
export const layerIn = (folder: string, options: Omit<Options, "keys" | "size">): Layer.Layer<Cache> => {
  const { coherence, maxBytes = gigabyte, memory } = options
  const bounds = { maxBytes, maxEntries: 10_000_000 }
  return Layer.scoped(
    Cache,
    SqlEntryStore.make({ ...bounds, filename: join(folder, "cache.db") }).pipe(
      Effect.flatMap((store) => WriteBehind.make(store, bounds)),
      Effect.flatMap((store) =>
        EntryCache.make(store, {
          memory: memory === "all" ? { maxEntries: 200_000, maxBytes: gigabyte } : { maxEntries: 1 },
          ...(coherence === undefined ? {} : { coherence })
        })
      ),
      Effect.orDie
    )
  )
}

/** In a folder of its own, filled; both are gone when it closes. */
export const open = async (options: Options) => {
  const { folder, remove } = Folder.make()
  const runtime = ManagedRuntime.make(layerIn(folder, options))
  const cache = Context.get((await runtime.runtime()).context, Cache)
  await runtime.runPromise(fill(cache, options.keys, options.size))
  return { cache, run: runtime.runPromise, close: () => runtime.dispose().then(remove) }
}

/** `use` on a cache that has all keys already; `index` goes on over the samples. */
export const measured = async <E>(
  options: Options,
  cost: (operations: number, body: () => Promise<void>) => Promise<number>,
  operations: number,
  use: (cache: Service, index: number) => Effect.Effect<unknown, E>
): Promise<Side> => {
  const { cache, close, run } = await open(options)
  let next = 0
  return {
    sample: () => {
      const first = next
      next += operations
      return cost(operations, () => run(Folder.times(operations, (index) => use(cache, first + index))))
    },
    close
  }
}
