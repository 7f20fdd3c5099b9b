import * as MemoryCache from "../../../../src/infrastructure/storage/cache/MemoryCache.ts"
import * as CacheContract from "../../../../src/testing/contract/CacheContract.ts"
import { suite } from "../../../../src/testing/vitest.ts"

suite(CacheContract.contract, "memory", MemoryCache.layer)
