import { Effect, Layer } from "effect"
import { join } from "node:path"
import * as SqlCache from "../../../../src/infrastructure/storage/cache/SqlCache.ts"
import * as CacheContract from "../../../../src/testing/contract/CacheContract.ts"
import { suite } from "../../../../src/testing/vitest.ts"
import { temporaryFolder } from "../../../support/temporaryFolder.ts"

suite(CacheContract.contract, "sqlite in memory", SqlCache.layer({ filename: ":memory:" }))

suite(
  CacheContract.contract,
  "sqlite file",
  Layer.unwrapScoped(Effect.map(temporaryFolder, (folder) => SqlCache.layer({ filename: join(folder, "cache.db") })))
)
