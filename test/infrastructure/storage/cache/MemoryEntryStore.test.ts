import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option } from "effect"
import type { Bounds, EntryStore } from "../../../../src/infrastructure/storage/cache/EntryStore.ts"
import * as MemoryEntryStore from "../../../../src/infrastructure/storage/cache/MemoryEntryStore.ts"
import * as EntryStoreContract from "../../../../src/testing/contract/EntryStoreContract.ts"
import { entry, EntryStores, holds, put } from "../../../../src/testing/contract/EntryStoreSubject.ts"
import { suite } from "../../../../src/testing/vitest.ts"

/** All stores of one layer share the entries of the first. */
const stores = Layer.sync(EntryStores, () => {
  let attach: Effect.Effect<EntryStore> | undefined
  const shared = (bounds?: Bounds) =>
    attach === undefined
      ? Effect.tap(MemoryEntryStore.makeShared(bounds), (made) => Effect.sync(() => attach = made))
      : Effect.succeed(attach)
  return EntryStores.of({ open: (bounds) => Effect.flatten(shared(bounds)) })
})

suite(
  EntryStoreContract.contract,
  "memory",
  Layer.succeed(EntryStores, EntryStores.of({ open: MemoryEntryStore.make }))
)
suite(EntryStoreContract.contract, "memory, shared", stores, ["TestClock", "shared"])

describe("MemoryEntryStore", () => {
  it.effect("the oldest goes first, unless it was read since", () =>
    Effect.gen(function*() {
      const store = yield* MemoryEntryStore.make({ maxEntries: 3 })
      for (const name of ["a", "b", "c"]) yield* put(store, name, "1")
      yield* store.get("a")
      yield* put(store, "d", "1")
      yield* holds(store, "b", undefined)
      yield* put(store, "e", "1")
      yield* holds(store, "c", undefined)
      yield* put(store, "f", "1")
      yield* holds(store, "d", undefined)
      yield* holds(store, "a", "1")
      assert.deepInclude(yield* store.size, { entries: 3, evicted: 3 })
    }))

  it.effect("one that looked away for too long is told that everything may have changed", () =>
    Effect.gen(function*() {
      const attach = yield* MemoryEntryStore.makeShared()
      const [one, other] = [yield* attach, yield* attach]
      yield* other.put(Array.from({ length: 30_000 }, (_, index) => entry(`key ${index}`, "1")), "through")
      assert.isTrue(Option.exists(yield* one.changes, ({ everything }) => everything))
      assert.isTrue(Option.isNone(yield* one.changes))
    }))
})
