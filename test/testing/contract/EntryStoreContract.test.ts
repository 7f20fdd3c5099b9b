import { Effect, Layer, Option } from "effect"
import type { EntryStore } from "../../../src/infrastructure/storage/cache/EntryStore.ts"
import * as MemoryEntryStore from "../../../src/infrastructure/storage/cache/MemoryEntryStore.ts"
import * as EntryStoreContract from "../../../src/testing/contract/EntryStoreContract.ts"
import { EntryStores } from "../../../src/testing/contract/EntryStoreSubject.ts"
import { bites } from "../../../src/testing/vitest.ts"

const broken = (change: (store: EntryStore) => Partial<EntryStore>) =>
  Layer.succeed(
    EntryStores,
    EntryStores.of({
      open: (bounds) => Effect.map(MemoryEntryStore.make(bounds), (store) => ({ ...store, ...change(store) }))
    })
  )

bites(
  EntryStoreContract.contract,
  "lets a load that is over by now take the place of a set",
  broken(({ put }) => ({
    put: (entries, write) => put(entries.map((entry) => ({ ...entry, generation: "next" })), write)
  }))
)

bites(
  EntryStoreContract.contract,
  "forgets an expired entry",
  broken(({ invalidate }) => ({ invalidate: ({ target }) => invalidate({ kind: "remove", target }) }))
)

bites(
  EntryStoreContract.contract,
  "takes a tag for the name of a key",
  broken(({ invalidate }) => ({
    invalidate: ({ kind, target }) =>
      invalidate({ kind, target: target._tag === "Tag" ? { _tag: "Key", key: target.tag } : target })
  }))
)

bites(
  EntryStoreContract.contract,
  "gives a claim to everybody",
  broken(({ put }) => ({
    claim: () =>
      Effect.succeedSome({
        put: (entry) => Effect.map(put([entry], "through"), ([stored]) => stored ?? Option.none())
      })
  }))
)

bites(
  EntryStoreContract.contract,
  "keeps what is too large",
  Layer.succeed(EntryStores, EntryStores.of({ open: () => MemoryEntryStore.make() }))
)
