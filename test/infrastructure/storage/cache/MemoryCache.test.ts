import { Effect, Layer } from "effect"
import { Cache } from "../../../../src/domain/storage/Cache.ts"
import * as EntryCache from "../../../../src/infrastructure/storage/cache/EntryCache.ts"
import * as MemoryCache from "../../../../src/infrastructure/storage/cache/MemoryCache.ts"
import * as MemoryEntryStore from "../../../../src/infrastructure/storage/cache/MemoryEntryStore.ts"
import * as CacheContract from "../../../../src/testing/contract/CacheContract.ts"
import { suite } from "../../../../src/testing/vitest.ts"

suite(CacheContract.contract, "memory", MemoryCache.layer)

suite(
  CacheContract.contract,
  "memory, looking at the store before every read",
  Layer.scoped(
    Cache,
    Effect.flatMap(MemoryEntryStore.make(), (store) => EntryCache.make(store, { coherence: "strict" }))
  )
)
