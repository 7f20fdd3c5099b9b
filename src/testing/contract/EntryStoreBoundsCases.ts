/**
 * Bounds of an `EntryStore`.
 */
import { Effect, Option, TestClock } from "effect"
import { contractCase, ensure } from "../Contract.ts"
import type { Contract } from "../Contract.ts"
import { costs, entry, hasSize, holds, hour, open, put } from "./EntryStoreSubject.ts"
import type { EntryStores } from "./EntryStoreSubject.ts"

export const cases: Contract<EntryStores>["cases"] = [
  contractCase(
    "entries and bytes stay within the bounds, and what went is counted",
    Effect.gen(function*() {
      const cost = yield* costs
      const one = cost(entry("key 10", "value"))
      for (const bounds of [{ maxEntries: 20 }, { maxBytes: 20 * one }]) {
        const store = yield* open(bounds)
        yield* store.invalidate({ target: { _tag: "All" }, kind: "remove" })
        for (let index = 10; index < 60; index += 1) {
          yield* put(store, `key ${index}`, "value")
          const size = yield* store.size
          yield* ensure(size.entries <= 20 && size.bytes <= 20 * one, "a bound is exceeded")
        }
        const { entries, evicted } = yield* store.size
        yield* ensure(entries === 50 - evicted, "what went was counted wrong")
        yield* holds(store, "key 59", "value")
      }
    })
  ),
  contractCase(
    "what nothing can be served from any more goes before anything else",
    Effect.gen(function*() {
      yield* TestClock.setTime(10 * hour)
      const store = yield* open({ maxEntries: 20 })
      const live = Array.from({ length: 15 }, (_, index) => `live ${index}`)
      for (const name of live.slice(0, 10)) yield* put(store, name, "1", { storedAt: 10 * hour })
      for (let index = 0; index < 10; index += 1) yield* put(store, `dead ${index}`, "1", { keptUntil: 1000 })
      for (const name of live.slice(10)) yield* put(store, name, "1", { storedAt: 10 * hour })
      for (const name of live) yield* holds(store, name, "1")
    }),
    ["TestClock"]
  ),
  contractCase(
    "too large an entry is not kept, and neither is what its key had",
    Effect.gen(function*() {
      const store = yield* open({ maxEntryBytes: 1000, maxBytes: 100_000 })
      yield* put(store, "a", "small")
      const generation = yield* store.generation
      yield* ensure(Option.isNone(yield* put(store, "a", "x".repeat(1000))), "it was kept")
      yield* holds(store, "a", undefined)
      yield* hasSize(store, { entries: 0, bytes: 0 })
      yield* ensure(Option.isNone(yield* put(store, "a", "old", { generation })), "an old load was stored")
      yield* put(store, "a", "new")
      yield* holds(store, "a", "new")
    })
  ),
  contractCase(
    "no old load takes the place of a newer one that is too large",
    Effect.gen(function*() {
      const store = yield* open({ maxEntryBytes: 1000, maxBytes: 100_000 })
      const before = yield* store.generation
      yield* put(store, "a", "set")
      const after = yield* store.generation
      yield* ensure(Option.isNone(yield* put(store, "a", "x".repeat(1000), { generation: after })), "it was kept")
      yield* ensure(Option.isNone(yield* put(store, "a", "old", { generation: before })), "an old load was stored")
      yield* holds(store, "a", undefined)
    })
  ),
  contractCase(
    "an entry larger than everything is allowed to be pushes nothing out",
    Effect.gen(function*() {
      const store = yield* open({ maxBytes: 2000 })
      yield* put(store, "a", "1")
      yield* ensure(Option.isNone(yield* put(store, "b", "x".repeat(3000))), "it was kept")
      yield* holds(store, "a", "1")
    })
  ),
  contractCase(
    "no old load takes the place of an entry that was pushed out",
    Effect.gen(function*() {
      const store = yield* open({ maxEntries: 10 })
      const generation = yield* store.generation
      const names = Array.from({ length: 50 }, (_, index) => `key ${index}`)
      for (const name of names) yield* put(store, name, "set")
      for (const name of names) yield* put(store, name, "old", { generation })
      for (const name of names) {
        const found = yield* store.get(name)
        yield* ensure(
          !Option.exists(found, ({ value }) => value.byteLength === 3 && value[0] === 111),
          `${name} is old`
        )
      }
    })
  )
]
