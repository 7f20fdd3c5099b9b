import { Effect, Layer, Option } from "effect"
import type { Keyset } from "../../../src/infrastructure/security/encryption/Keyset.ts"
import { KeysetStore } from "../../../src/infrastructure/security/encryption/KeysetStore.ts"
import * as MemoryKeysetStore from "../../../src/infrastructure/security/encryption/MemoryKeysetStore.ts"
import { contract } from "../../../src/testing/contract/KeysetStoreContract.ts"
import { bites } from "../../../src/testing/vitest.ts"

type Store = typeof KeysetStore.Service

const broken = (change: (store: Store) => Partial<Store>) =>
  Layer.effect(KeysetStore, Effect.map(MemoryKeysetStore.make, (store) => ({ ...store, ...change(store) })))

bites(contract, "creates anew every time", broken(() => ({ loadOrCreate: (_, create) => create })))

bites(
  contract,
  "always runs `create`",
  broken((store) => ({
    loadOrCreate: (purpose, create) =>
      Effect.flatMap(create, (keyset) => store.loadOrCreate(purpose, Effect.succeed(keyset)))
  }))
)

bites(
  contract,
  "has one keyset for all purposes",
  broken((store) => ({
    load: () => store.load("all"),
    loadOrCreate: (_, create) => store.loadOrCreate("all", create)
  }))
)

bites(contract, "forgets what it created", broken(() => ({ load: () => Effect.succeedNone })))

bites(
  contract,
  "lets two fibers create at once",
  broken(() => {
    const keysets = new Map<string, Keyset>()
    const load = (purpose: string) => Effect.sync(() => Option.fromNullable(keysets.get(purpose)))
    return {
      load,
      loadOrCreate: (purpose, create) =>
        Effect.flatMap(
          load(purpose),
          Option.match({
            onSome: Effect.succeed,
            onNone: () => Effect.tap(create, (keyset) => Effect.sync(() => keysets.set(purpose, keyset)))
          })
        )
    }
  })
)
