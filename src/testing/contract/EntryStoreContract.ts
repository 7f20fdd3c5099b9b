/**
 * What every `EntryStore` must do. Not covered: what becomes of entries when a store is opened again, which of several
 * live entries goes first, and how soon one process sees what another one did.
 */
import { Effect, Option } from "effect"
import { contractCase, ensure } from "../Contract.ts"
import type { Contract } from "../Contract.ts"
import { cases as bounds } from "./EntryStoreBoundsCases.ts"
import { cases as invalidations } from "./EntryStoreInvalidationCases.ts"
import { cases as shared } from "./EntryStoreSharedCases.ts"
import { costs, entry, hasSize, holds, open, put } from "./EntryStoreSubject.ts"
import type { EntryStores } from "./EntryStoreSubject.ts"

const entries: Contract<EntryStores>["cases"] = [
  contractCase(
    "what was never put is absent",
    Effect.gen(function*() {
      const store = yield* open()
      yield* holds(store, "a", undefined)
      yield* hasSize(store, { entries: 0, bytes: 0 })
    })
  ),
  contractCase(
    "an entry comes back as it was put, byte by byte",
    Effect.gen(function*() {
      const store = yield* open()
      const value = Uint8Array.from({ length: 1000 }, (_, index) => index)
      const generation = yield* put(store, "users\u0000naïve 🗻", "", {
        value,
        tags: ["b", "a", ""],
        storedAt: 1_800_000_000_123,
        freshUntil: 5,
        revalidateUntil: 7,
        keptUntil: Number.MAX_SAFE_INTEGER
      })
      const found = Option.getOrThrow(yield* store.get("users\u0000naïve 🗻"))
      yield* ensure(Buffer.from(value).equals(found.value), "the value is another")
      const { storedAt, tags, freshUntil, keptUntil, revalidateUntil } = found
      const rest = [found.key, ...tags, storedAt, freshUntil, revalidateUntil, keptUntil].join("|")
      const expected = ["users\u0000naïve 🗻", "b", "a", "", 1_800_000_000_123, 5, 7, Number.MAX_SAFE_INTEGER]
      yield* ensure(rest === expected.join("|"), `it became ${rest}`)
      yield* ensure(found.generation === Option.getOrThrow(generation), "its generation is another")
      yield* ensure(!found.expired, "it is expired")
    })
  ),
  contractCase(
    "an empty value and an empty key are entries like any other",
    Effect.gen(function*() {
      const store = yield* open()
      yield* put(store, "", "")
      yield* holds(store, "", "")
    })
  ),
  contractCase(
    "sizes are exact after puts, replacements and removals",
    Effect.gen(function*() {
      const store = yield* open()
      const cost = yield* costs
      const size = (key: string, value: string) => cost(entry(key, value))
      yield* store.put([entry("a", "1"), entry("naïve", "22")], "through")
      yield* put(store, "a", "333")
      yield* hasSize(store, { entries: 2, bytes: size("a", "333") + size("naïve", "22") })
      yield* store.invalidate({ target: { _tag: "Key", key: "a" }, kind: "remove" })
      yield* hasSize(store, { entries: 1, bytes: size("naïve", "22") })
      yield* store.invalidate({ target: { _tag: "All" }, kind: "remove" })
      yield* put(store, "b", "1")
      yield* hasSize(store, { entries: 1, bytes: size("b", "1") })
    })
  ),
  contractCase(
    "what a load brings is stored, and replaced by another load that began no earlier",
    Effect.gen(function*() {
      const store = yield* open()
      const generation = yield* store.generation
      yield* ensure(Option.contains(yield* put(store, "a", "1", { generation }), generation), "it was refused")
      yield* put(store, "a", "2", { generation })
      yield* holds(store, "a", "2")
    })
  ),
  contractCase(
    "a load that began before a set of its key is refused, one that began after is not",
    Effect.gen(function*() {
      const store = yield* open()
      const generation = yield* store.generation
      yield* put(store, "a", "set")
      yield* ensure(Option.isNone(yield* put(store, "a", "old", { generation })), "it was not refused")
      yield* holds(store, "a", "set")
      yield* ensure(Option.isSome(yield* put(store, "b", "other", { generation })), "the set hit another key")
      yield* put(store, "a", "new", { generation: yield* store.generation })
      yield* holds(store, "a", "new")
    })
  ),
  contractCase(
    "every set has a higher number than what came before it",
    Effect.gen(function*() {
      const store = yield* open()
      const before = yield* store.generation
      const first = Option.getOrThrow(yield* put(store, "a", "1"))
      const between = yield* store.generation
      const second = Option.getOrThrow(yield* put(store, "b", "1"))
      yield* ensure(before < first && first <= between && between < second, "the numbers do not grow")
    })
  ),
  contractCase(
    "of a batch each entry is judged by itself, and the last one of a key stays",
    Effect.gen(function*() {
      const store = yield* open()
      const generation = yield* store.generation
      yield* put(store, "a", "set")
      const generations = yield* store.put([
        entry("a", "old", { generation }),
        entry("b", "1"),
        entry("b", "2"),
        entry("c", "new", { generation })
      ], "through")
      yield* ensure(generations.map(Option.isSome).join() === "false,true,true,true", "the wrong ones were refused")
      yield* holds(store, "a", "set")
      yield* holds(store, "b", "2")
      yield* holds(store, "c", "new")
      yield* store.put([], "through")
    })
  )
]

/** `shared`: stores that are opened beside each other have the same entries. */
export const contract: Contract<EntryStores> = {
  name: "EntryStore",
  cases: [...entries, ...invalidations, ...bounds, ...shared]
}
