import { Duration, Effect, Layer, Option, Stream } from "effect"
import { Cache, CacheReentrancy } from "../../../src/domain/storage/Cache.ts"
import type { CacheRegion, CacheResult } from "../../../src/domain/storage/Cache.ts"
import * as MemoryCache from "../../../src/infrastructure/storage/cache/MemoryCache.ts"
import type { Contract } from "../../../src/testing/Contract.ts"
import * as CacheContract from "../../../src/testing/contract/CacheContract.ts"
import { texts } from "../../../src/testing/contract/CacheSubject.ts"
import { bites } from "../../../src/testing/vitest.ts"

type Service = typeof Cache.Service

/** The cases that have to notice, by what is in their name. */
const only = (name: string): Contract<Cache> => ({
  name: "Cache",
  cases: CacheContract.contract.cases.filter((each) => each.name.includes(name))
})

const broken = (change: (cache: Service) => Partial<Service>) =>
  Layer.scoped(Cache, Effect.map(MemoryCache.make(), (cache) => Cache.of({ ...cache, ...change(cache) })))

/** Of a policy that is not the caller's. */
const other = <A>(region: CacheRegion<A>, policy: Partial<CacheRegion<A>["policy"]>): CacheRegion<A> => ({
  ...region,
  policy: { ...region.policy, ...policy }
})

const loaded = <A>(value: A): CacheResult<A, never> => ({
  value,
  age: Duration.zero,
  origin: "source",
  state: "fresh"
})

bites(
  only("gone when its time is over"),
  "never forgets",
  broken((cache) => ({
    set: (region, key, value, options) =>
      cache.set(region, key, value, { ...options, policy: { timeToLive: Duration.infinity } })
  }))
)

bites(
  only("callers share one load"),
  "loads for every caller",
  broken((cache) => ({
    getOrLoad: (region, key, load) =>
      Effect.gen(function*() {
        const found = yield* cache.get(region, key)
        if (Option.isSome(found)) return found.value
        const value = yield* load
        yield* cache.set(region, key, value)
        return loaded(value)
      })
  }))
)

bites(
  only("remove during a load"),
  "stores an old load over a newer removal",
  broken((cache) => ({
    getOrLoad: (region, key, load, options) =>
      Effect.tap(
        cache.getOrLoad(region, key, load, options),
        ({ origin, value }) => origin === "source" ? cache.set(region, key, value) : Effect.void
      )
  }))
)

bites(
  only("is interrupted, and the next caller"),
  "goes on loading when nobody waits",
  broken((cache) => ({
    getOrLoad: (region, key, load, options) => cache.getOrLoad(region, key, Effect.uninterruptible(load), options)
  }))
)

bites(
  only("keys and values of any text"),
  "normalises its keys",
  broken((cache) => ({
    get: (region, key) => cache.get(region, key.normalize("NFC")),
    set: (region, key, value, options) => cache.set(region, key.normalize("NFC"), value, options)
  }))
)

bites(only("after expire a failing load"), "expires by removing", broken((cache) => ({ expire: cache.remove })))

bites(
  only("has nothing to fall back on"),
  "removes by expiring, so that what was removed serves when a load fails",
  broken((cache) => ({
    remove: cache.expire,
    removeTag: cache.expireTag,
    clear: cache.expireAll
  }))
)

bites(
  only("a tag reaches every entry"),
  "takes a tag for the key of that name",
  broken((cache) => ({
    removeTag: (tag) => cache.remove(texts, tag)
  }))
)

bites(
  only("a stale value serves when loading fails"),
  "does not fall back on what is stale",
  broken((cache) => ({
    getOrLoad: (region, key, load, options) =>
      cache.getOrLoad(other(region, { failSafeMaxAge: 0 }), key, load, options),
    set: (region, key, value, options) => cache.set(other(region, { failSafeMaxAge: 0 }), key, value, options)
  }))
)

bites(
  only("waits for a load so long"),
  "waits for every load to its end",
  broken((cache) => ({
    getOrLoad: (region, key, load, options) =>
      cache.getOrLoad(
        other(region, { softTimeout: Duration.infinity, hardTimeout: Duration.infinity }),
        key,
        load,
        options
      )
  }))
)

bites(
  only("serves at once for a while"),
  "tries again at once after a failure",
  broken((cache) => ({
    getOrLoad: (region, key, load, options) =>
      cache.getOrLoad(other(region, { failSafeThrottle: 0 }), key, load, options)
  }))
)

bites(
  only("a failure is given to everybody"),
  "remembers no failure",
  broken((cache) => ({
    getOrLoad: (region, key, load) => cache.getOrLoad(region, key, load)
  }))
)

bites(
  only("asks for its own key"),
  "waits for itself",
  broken((cache) => ({
    getOrLoad: (region, key, load, options) =>
      Effect.catchIf(
        cache.getOrLoad(region, key, load, options),
        (error) => error instanceof CacheReentrancy,
        () => Effect.never
      )
  }))
)

bites(only("changes are told"), "tells of no change", broken(() => ({ changes: Stream.empty })))
