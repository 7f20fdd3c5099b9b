import { Effect, Layer, Option } from "effect"
import type { Keyset } from "../../../src/infrastructure/security/encryption/Keyset.ts"
import { KeysetStore } from "../../../src/infrastructure/security/encryption/KeysetStore.ts"
import * as MemoryKeysetStore from "../../../src/infrastructure/security/encryption/MemoryKeysetStore.ts"
import { contract } from "../../../src/testing/contract/KeysetStoreContract.ts"
import { bites } from "../../../src/testing/vitest.ts"

type Store = typeof KeysetStore.Service

const broken = (change: (store: Store) => Partial<Store>) =>
  Layer.effect(KeysetStore, Effect.map(MemoryKeysetStore.make, (store) => ({ ...store, ...change(store) })))

bites(
  contract,
  "never tells `change` what is stored",
  broken((store) => ({
    modify: (name, change) => store.modify(name, () => change(Option.none()))
  }))
)

bites(
  contract,
  "has one keyset for all names",
  broken((store) => ({
    load: () => store.load("all"),
    modify: (_, change) => store.modify("all", change)
  }))
)

bites(contract, "forgets what it stored", broken(() => ({ load: () => Effect.succeedNone })))

bites(
  contract,
  "brings disabled keys back",
  broken((store) => ({
    load: (name) =>
      Effect.map(
        store.load(name),
        Option.map((keyset): Keyset => ({
          ...keyset,
          keys: keyset.keys.map((key) => ({ ...key, status: "ENABLED" }))
        }))
      )
  }))
)

bites(
  contract,
  "lets two fibers change at once",
  broken(() => {
    const keysets = new Map<string, Keyset>()
    const load = (name: string) => Effect.sync(() => Option.fromNullable(keysets.get(name)))
    return {
      load,
      modify: (name, change) =>
        Effect.map(Effect.flatMap(load(name), change), ([result, keyset]) => {
          keysets.set(name, keyset)
          return result
        })
    }
  })
)

bites(contract, "grants everything", broken(() => ({ reserve: () => Effect.succeed(true) })))

bites(
  contract,
  "counts all keys of a name together",
  broken((store) => ({ reserve: (name, _, messages, limit) => store.reserve(name, 1, messages, limit) }))
)

bites(
  contract,
  "counts what it refuses",
  broken(() => {
    const counts = new Map<string, number>()
    return {
      reserve: (name, id, messages, limit) =>
        Effect.sync(() => {
          const count = (counts.get(`${id}/${name}`) ?? 0) + messages
          counts.set(`${id}/${name}`, count)
          return count <= limit
        })
    }
  })
)

bites(
  contract,
  "counts in 32 bits",
  broken((store) => ({
    reserve: (name, id, messages, limit) => store.reserve(name, id, messages >>> 0, limit >>> 0)
  }))
)
