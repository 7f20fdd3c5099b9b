/**
 * Our side of the cache's benchmarks.
 */
import { Effect, ManagedRuntime, Option } from "effect"
import { performance } from "node:perf_hooks"
import { Cache } from "../../src/domain/storage/Cache.ts"
import { cpuPerOperation, wallPerOperation } from "../Cost.ts"
import type { Subject } from "../Harness.ts"
import * as Caches from "./Caches.ts"
import * as Killed from "./Killed.ts"
import type { Options } from "./PeerSides.ts"
import { keyOf, profile, region, spread } from "./Profiles.ts"
import type { Size } from "./Profiles.ts"

const through = region({ write: "through" })
const behind = region({ write: "behind" })

const expectHit = <A, E>(found: Effect.Effect<Option.Option<A>, E>) =>
  Effect.filterOrDieMessage(found, Option.isSome, "it is a miss")
const noLoad = Effect.dieMessage("it is a miss")

export const memoryHit = ({ keys, operations }: Options, how: "get" | "getOrLoad"): Subject => () =>
  Caches.measured({ keys, size: "200 B", memory: "all" }, cpuPerOperation, operations, (cache, index) => {
    const key = keyOf(spread(index, keys))
    return how === "get" ? cache.get(through, key) : cache.getOrLoad(through, key, noLoad)
  })

/** Of one kind of operation over another, in one sample. */
const difference = (more: Subject, less: Subject): Subject => async () => {
  const [one, other] = await Promise.all([more(), less()])
  if (one === undefined || other === undefined) return undefined
  return {
    sample: async () => await one.sample() - await other.sample(),
    close: async () => {
      await one.close?.()
      await other.close?.()
    }
  }
}

const hitWith = ({ keys, operations }: Options, coherence: "strict" | "bounded"): Subject => () =>
  Caches.measured(
    { keys, size: "200 B", memory: "all", coherence },
    cpuPerOperation,
    operations,
    (cache, index) => cache.get(through, keyOf(spread(index, keys)))
  )

export const strictness = (options: Options): Subject =>
  difference(hitWith(options, "strict"), hitWith(options, "bounded"))

export const storeHit = ({ keys, operations }: Options, size: Size): Subject => () =>
  Caches.measured(
    { keys, size, memory: "none" },
    cpuPerOperation,
    operations,
    (cache, index) => expectHit(cache.get(through, keyOf(spread(index, keys))))
  )

export const setThrough = ({ keys, operations }: Options, maxBytes?: number): Subject => () =>
  Caches.measured(
    { keys, size: "200 B", memory: "none", ...(maxBytes === undefined ? {} : { maxBytes }) },
    cpuPerOperation,
    operations,
    (cache, index) => cache.set(through, keyOf(spread(index, keys)), profile(index, "200 B", index))
  )

const window = 200

/** Until it is stored: asking for the size waits for that. */
export const setBehind = ({ keys, operations }: Options): Subject => () =>
  Caches.measured({ keys, size: "200 B", memory: "none" }, cpuPerOperation, operations, (cache, index) => {
    const set = cache.set(behind, keyOf(spread(index, keys)), profile(index, "200 B", index))
    return index % window === window - 1 ? Effect.zipRight(set, cache.stats) : set
  })

export const remove = ({ keys, operations }: Options, atOnce: number): Subject => () =>
  Caches.measured(
    { keys, size: "200 B", memory: "none" },
    (times, body) => wallPerOperation(times * atOnce, body),
    operations / atOnce,
    (cache, index) =>
      Effect.forEach(
        Array.from({ length: atOnce }),
        (_, other) => cache.remove(through, keyOf(spread(index * atOnce + other, keys))),
        { concurrency: "unbounded", discard: true }
      )
  )

const source = Effect.as(Effect.sleep("5 millis"), profile(1, "200 B"))

/** All of them together. */
export const stampede = (callers: number): Subject => async () => {
  const { cache, close, run } = await Caches.open({ keys: 0, size: "200 B", memory: "all" })
  let round = 0
  return {
    sample: () => {
      const key = `round ${round++}`
      const ask = cache.getOrLoad(behind, key, source)
      return cpuPerOperation(
        1,
        () => run(Effect.all(Array.from({ length: callers }, () => ask), { concurrency: "unbounded", discard: true }))
      )
    },
    close
  }
}

export const opening: Subject = async () => {
  const killed = await Killed.make("bench/fillStorage.ts", "cache")
  return {
    sample: async () => {
      const copy = killed.copy()
      const runtime = ManagedRuntime.make(Caches.layerIn(copy.folder, { memory: "all" }))
      const start = performance.now()
      const found = await runtime.runPromise(Effect.flatMap(Cache, (cache) => cache.get(through, keyOf(5000))))
      const elapsed = performance.now() - start
      await runtime.dispose()
      copy.remove()
      if (Option.isNone(found)) throw new Error("a stored entry is missing")
      return elapsed
    },
    close: () => Promise.resolve(killed.remove())
  }
}
