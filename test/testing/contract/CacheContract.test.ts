import { Duration, Effect, Layer, Option } from "effect"
import { Cache } from "../../../src/domain/storage/Cache.ts"
import * as MemoryCache from "../../../src/infrastructure/storage/cache/MemoryCache.ts"
import * as CacheContract from "../../../src/testing/contract/CacheContract.ts"
import { bites } from "../../../src/testing/vitest.ts"

type Service = typeof Cache.Service

const broken = (change: (cache: Service) => Partial<Service>) =>
  Layer.scoped(Cache, Effect.map(MemoryCache.make(), (cache) => Cache.of({ ...cache, ...change(cache) })))

bites(
  CacheContract.contract,
  "never forgets",
  broken((cache) => ({ set: (key, value) => cache.set(key, value, Duration.infinity) }))
)

bites(
  CacheContract.contract,
  "loads for every caller",
  broken((cache) => ({
    getOrLoad: (key, timeToLive, load) =>
      Effect.gen(function*() {
        const found = yield* cache.get(key)
        if (Option.isSome(found)) return { ...found.value, origin: "cache" as const }
        const value = yield* load
        yield* cache.set(key, value, timeToLive)
        return { value, age: Duration.zero, origin: "loaded" as const }
      })
  }))
)

bites(
  CacheContract.contract,
  "stores an old load over a newer removal",
  broken((cache) => ({
    getOrLoad: (key, timeToLive, load) =>
      Effect.tap(
        cache.getOrLoad(key, timeToLive, load),
        ({ origin, value }) => origin === "loaded" ? cache.set(key, value, timeToLive) : Effect.void
      )
  }))
)

bites(
  CacheContract.contract,
  "goes on loading when nobody waits",
  broken((cache) => ({
    getOrLoad: (key, timeToLive, load) => cache.getOrLoad(key, timeToLive, Effect.uninterruptible(load))
  }))
)

bites(
  CacheContract.contract,
  "normalises its keys",
  broken((cache) => ({
    get: (key) => cache.get(key.normalize("NFC")),
    set: (key, value, timeToLive) => cache.set(key.normalize("NFC"), value, timeToLive)
  }))
)
