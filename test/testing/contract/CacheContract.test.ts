import { Duration, Effect, Layer, Option, Stream } from "effect"
import { Cache, CacheReentrancy } from "../../../src/domain/storage/Cache.ts"
import type { CacheRegion, CacheResult } from "../../../src/domain/storage/Cache.ts"
import * as MemoryCache from "../../../src/infrastructure/storage/cache/MemoryCache.ts"
import * as CacheContract from "../../../src/testing/contract/CacheContract.ts"
import { texts } from "../../../src/testing/contract/CacheSubject.ts"
import { bites } from "../../../src/testing/vitest.ts"

type Service = typeof Cache.Service

/** Only the cases whose name has `noticedBy` in it are run: those are the ones that have to notice. */
const broken = (what: string, noticedBy: string, change: (cache: Service) => Partial<Service>) =>
  bites(
    { name: "Cache", cases: CacheContract.contract.cases.filter(({ name }) => name.includes(noticedBy)) },
    what,
    Layer.scoped(Cache, Effect.map(MemoryCache.make(), (cache) => Cache.of({ ...cache, ...change(cache) })))
  )

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

broken("never forgets", "gone when its time is over", (cache) => ({
  set: (region, key, value, options) =>
    cache.set(region, key, value, { ...options, policy: { timeToLive: Duration.infinity } })
}))

broken("loads for every caller", "callers share one load", (cache) => ({
  getOrLoad: (region, key, load) =>
    Effect.gen(function*() {
      const found = yield* cache.get(region, key)
      if (Option.isSome(found)) return found.value
      const value = yield* load
      yield* cache.set(region, key, value)
      return loaded(value)
    })
}))

broken("stores an old load over a newer removal", "remove during a load", (cache) => ({
  getOrLoad: (region, key, load, options) =>
    Effect.tap(
      cache.getOrLoad(region, key, load, options),
      ({ origin, value }) => origin === "source" ? cache.set(region, key, value) : Effect.void
    )
}))

broken("goes on loading when nobody waits", "is interrupted, and the next caller", (cache) => ({
  getOrLoad: (region, key, load, options) => cache.getOrLoad(region, key, Effect.uninterruptible(load), options)
}))

broken("normalises its keys", "keys and values of any text", (cache) => ({
  get: (region, key) => cache.get(region, key.normalize("NFC")),
  set: (region, key, value, options) => cache.set(region, key.normalize("NFC"), value, options)
}))

broken("expires by removing", "after expire a failing load", (cache) => ({ expire: cache.remove }))

broken(
  "removes by expiring, so that what was removed serves when a load fails",
  "has nothing to fall back on",
  (cache) => ({
    remove: cache.expire,
    removeTag: cache.expireTag,
    clear: cache.expireAll
  })
)

broken("takes a tag for the key of that name", "a tag reaches every entry", (cache) => ({
  removeTag: (tag) => cache.remove(texts, tag)
}))

broken("does not fall back on what is stale", "a stale value serves when loading fails", (cache) => ({
  getOrLoad: (region, key, load, options) => cache.getOrLoad(other(region, { failSafeMaxAge: 0 }), key, load, options),
  set: (region, key, value, options) => cache.set(other(region, { failSafeMaxAge: 0 }), key, value, options)
}))

broken("waits for every load to its end", "waits for a load so long", (cache) => ({
  getOrLoad: (region, key, load, options) =>
    cache.getOrLoad(
      other(region, { softTimeout: Duration.infinity, hardTimeout: Duration.infinity }),
      key,
      load,
      options
    )
}))

broken("tries again at once after a failure", "serves at once for a while", (cache) => ({
  getOrLoad: (region, key, load, options) => cache.getOrLoad(other(region, { failSafeThrottle: 0 }), key, load, options)
}))

broken("remembers no failure", "a failure is given to everybody", (cache) => ({
  getOrLoad: (region, key, load) => cache.getOrLoad(region, key, load)
}))

broken("waits for itself", "asks for its own key", (cache) => ({
  getOrLoad: (region, key, load, options) =>
    Effect.catchIf(
      cache.getOrLoad(region, key, load, options),
      (error) => error instanceof CacheReentrancy,
      () => Effect.never
    )
}))

broken("tells of no change", "changes are told", () => ({ changes: Stream.empty }))
