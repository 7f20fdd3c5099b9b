import { Effect, Layer } from "effect"
import { join } from "node:path"
import { Crypto } from "../../../../src/domain/security/Crypto.ts"
import * as MemoryCrypto from "../../../../src/infrastructure/security/encryption/MemoryCrypto.ts"
import { bytesOf } from "../../../../src/infrastructure/storage/cache/EntryStore.ts"
import type { NewEntry } from "../../../../src/infrastructure/storage/cache/EntryStore.ts"
import * as MemoryEntryStore from "../../../../src/infrastructure/storage/cache/MemoryEntryStore.ts"
import * as SealedEntryStore from "../../../../src/infrastructure/storage/cache/SealedEntryStore.ts"
import * as SqlCache from "../../../../src/infrastructure/storage/cache/SqlCache.ts"
import * as CacheContract from "../../../../src/testing/contract/CacheContract.ts"
import * as EntryStoreContract from "../../../../src/testing/contract/EntryStoreContract.ts"
import { EntryStores } from "../../../../src/testing/contract/EntryStoreSubject.ts"
import { suite } from "../../../../src/testing/vitest.ts"
import { temporaryFolder } from "../../../support/temporaryFolder.ts"

/** A MAC for a key, and around a value a mark, the length of its tags, and what the AEAD adds. */
const sealedBytesOf = ({ value }: NewEntry) =>
  bytesOf({ key: "x".repeat(43), value: new Uint8Array(1 + 5 + 40 + 4 + value.byteLength) })

const inFolder = (folder: string) => ({ filename: join(folder, "cache.db") })

suite(
  EntryStoreContract.contract,
  "sealed in memory",
  Layer.effect(
    EntryStores,
    Effect.gen(function*() {
      const crypto = yield* Crypto
      return EntryStores.of({
        bytesOf: sealedBytesOf,
        open: (bounds) =>
          MemoryEntryStore.make(bounds).pipe(
            Effect.flatMap(SealedEntryStore.make),
            Effect.provideService(Crypto, crypto)
          )
      })
    })
  ).pipe(Layer.provide(MemoryCrypto.layer))
)

suite(
  EntryStoreContract.contract,
  "sealed in a file with everything around it",
  Layer.scoped(
    EntryStores,
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const crypto = yield* Crypto
      return EntryStores.of({
        bytesOf: sealedBytesOf,
        open: (bounds) =>
          Effect.provideService(SqlCache.makeSealedStore({ ...bounds, ...inFolder(folder) }), Crypto, crypto)
      })
    })
  ).pipe(Layer.provide(MemoryCrypto.layer)),
  ["TestClock", "shared"]
)

suite(
  CacheContract.contract,
  "sealed sqlite file",
  Layer.unwrapScoped(Effect.map(temporaryFolder, (folder) => SqlCache.layerSealed(inFolder(folder)))).pipe(
    Layer.provide(MemoryCrypto.layer)
  )
)
