import { Effect, Layer } from "effect"
import { join } from "node:path"
import * as SqlCache from "../../../../src/infrastructure/storage/cache/SqlCache.ts"
import * as SqlEntryStore from "../../../../src/infrastructure/storage/cache/SqlEntryStore.ts"
import * as EntryStoreContract from "../../../../src/testing/contract/EntryStoreContract.ts"
import { EntryStores } from "../../../../src/testing/contract/EntryStoreSubject.ts"
import { suite } from "../../../../src/testing/vitest.ts"
import { temporaryFolder } from "../../../support/temporaryFolder.ts"

suite(
  EntryStoreContract.contract,
  "sqlite in memory",
  Layer.succeed(
    EntryStores,
    EntryStores.of({ open: (bounds) => SqlEntryStore.make({ ...bounds, filename: ":memory:" }) })
  )
)

suite(
  EntryStoreContract.contract,
  "sqlite file",
  Layer.scoped(
    EntryStores,
    Effect.map(
      temporaryFolder,
      (folder) =>
        EntryStores.of({ open: (bounds) => SqlEntryStore.make({ ...bounds, filename: join(folder, "cache.db") }) })
    )
  ),
  ["TestClock", "shared"]
)

suite(
  EntryStoreContract.contract,
  "sqlite file with everything around it",
  Layer.scoped(
    EntryStores,
    Effect.map(
      temporaryFolder,
      (folder) =>
        EntryStores.of({ open: (bounds) => SqlCache.makeStore({ ...bounds, filename: join(folder, "cache.db") }) })
    )
  ),
  ["TestClock", "shared"]
)
