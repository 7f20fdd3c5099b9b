/**
 * Invalidations of an `EntryStore`: what they reach, and that no load under way undoes them.
 */
import { Effect, Option } from "effect"
import { contractCase, ensure } from "../Contract.ts"
import type { Contract } from "../Contract.ts"
import { all, expire, hasSize, holds, key, open, put, remove, tag } from "./EntryStoreSubject.ts"
import type { EntryStores } from "./EntryStoreSubject.ts"

/** Adapters that keep only so many one by one test with more. */
const many = 400

export const cases: Contract<EntryStores>["cases"] = [
  contractCase(
    "removing a key leaves the others, and may be repeated",
    Effect.gen(function*() {
      const store = yield* open()
      yield* put(store, "a", "1")
      yield* put(store, "b", "2")
      yield* remove(store, key("a"))
      yield* remove(store, key("a"))
      yield* remove(store, key("never there"))
      yield* holds(store, "a", undefined)
      yield* holds(store, "b", "2")
    })
  ),
  contractCase(
    "what expires stays, marked, until it is put again",
    Effect.gen(function*() {
      const store = yield* open()
      for (const [name, target] of [["k", key("k")], ["t", tag("tag")], ["a", all]] as const) {
        yield* put(store, name, "1", { tags: ["tag"] })
        yield* expire(store, target)
        yield* holds(store, name, "1 (expired)")
        yield* put(store, name, "2", { tags: ["tag"] })
        yield* holds(store, name, "2")
      }
    })
  ),
  contractCase(
    "a tag reaches every entry that has it now, and no other",
    Effect.gen(function*() {
      const store = yield* open()
      yield* put(store, "a", "1", { tags: ["x", "y"] })
      yield* put(store, "b", "1", { tags: ["y"] })
      yield* put(store, "c", "1")
      yield* put(store, "d", "1", { tags: ["x"] })
      yield* put(store, "d", "2", { tags: ["xx"] })
      yield* remove(store, tag("x"))
      yield* holds(store, "a", undefined)
      yield* expire(store, tag("y"))
      yield* holds(store, "b", "1 (expired)")
      yield* holds(store, "c", "1")
      yield* holds(store, "d", "2")
    })
  ),
  contractCase(
    "clearing leaves nothing, and what comes after it is there",
    Effect.gen(function*() {
      const store = yield* open()
      yield* put(store, "a", "1", { tags: ["x"] })
      yield* put(store, "b", "1")
      yield* remove(store, all)
      yield* holds(store, "a", undefined)
      yield* holds(store, "b", undefined)
      yield* put(store, "a", "2", { tags: ["x"] })
      yield* holds(store, "a", "2")
    })
  ),
  contractCase(
    "what was removed does not come back by expiring it",
    Effect.gen(function*() {
      const store = yield* open()
      for (const target of [key("a"), tag("x"), all]) {
        yield* put(store, "a", "1", { tags: ["x"] })
        yield* remove(store, target)
        yield* expire(store, target)
        yield* holds(store, "a", undefined)
      }
    })
  ),
  contractCase(
    "no load under way undoes an invalidation; one that begins after it is stored, in the same millisecond",
    Effect.gen(function*() {
      const store = yield* open()
      for (const invalidate of [expire, remove]) {
        for (const target of [key("a"), tag("x"), all]) {
          const generation = yield* store.generation
          yield* invalidate(store, target)
          const old = yield* put(store, "a", "old", { generation, tags: ["x"] })
          yield* ensure(Option.isNone(old), "an old load was stored")
          yield* put(store, "a", "new", { generation: yield* store.generation, tags: ["x"] })
          yield* holds(store, "a", "new")
        }
      }
    })
  ),
  contractCase(
    "an invalidation does not stop loads of what it does not concern",
    Effect.gen(function*() {
      const store = yield* open()
      const generation = yield* store.generation
      yield* remove(store, key("b"))
      yield* remove(store, tag("y"))
      yield* put(store, "a", "1", { generation, tags: ["x"] })
      yield* holds(store, "a", "1")
    })
  ),
  contractCase(
    "invalidations take numbers, each a higher one",
    Effect.gen(function*() {
      const store = yield* open()
      const before = yield* store.generation
      const first = yield* remove(store, key("a"))
      const second = yield* expire(store, all)
      yield* ensure(before < first && first < second && second <= (yield* store.generation), "they do not grow")
    })
  ),
  contractCase(
    "after many invalidations the first ones hold, and entries of other keys stay",
    Effect.gen(function*() {
      const store = yield* open()
      yield* put(store, "tagged", "1", { tags: ["first"] })
      yield* put(store, "kept", "1")
      const generation = yield* store.generation
      yield* remove(store, tag("first"))
      yield* expire(store, key("kept"))
      for (let index = 0; index < many / 2; index += 1) yield* remove(store, key(`other ${index}`))
      yield* holds(store, "kept", "1 (expired)")
      for (let index = 0; index < many / 2; index += 1) yield* expire(store, tag(`other ${index}`))
      yield* holds(store, "tagged", undefined)
      yield* ensure(Option.isNone(yield* put(store, "kept", "old", { generation })), "an old load was stored")
      yield* put(store, "kept", "2", { generation: yield* store.generation })
      yield* holds(store, "kept", "2")
    })
  ),
  contractCase(
    "sizes follow what is removed by key",
    Effect.gen(function*() {
      const store = yield* open()
      for (const name of ["a", "b"]) yield* put(store, name, "1")
      for (const name of ["a", "b"]) yield* remove(store, key(name))
      yield* hasSize(store, { entries: 0, bytes: 0 })
    })
  )
]
