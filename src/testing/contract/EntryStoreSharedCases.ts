/**
 * What processes that share an `EntryStore` see of each other.
 */
import { Effect, Exit, Option, Scope } from "effect"
import type { Changes, EntryStore } from "../../infrastructure/storage/cache/EntryStore.ts"
import { contractCase, ensure } from "../Contract.ts"
import type { Contract } from "../Contract.ts"
import { entry, expire, holds, key, open, put, remove, tag } from "./EntryStoreSubject.ts"
import type { EntryStores } from "./EntryStoreSubject.ts"

const isHeld = (store: EntryStore, name: string) => Effect.map(Effect.scoped(store.claim(name)), Option.isNone)

/** Whether a reader that does what `changes` says forgets `name`. */
const concerns = (changes: Option.Option<Changes>, name: string) =>
  Option.exists(
    changes,
    ({ barriers, everything, keys }) =>
      everything || keys.includes(name) || barriers.some(({ target }) => target._tag === "Key" && target.key === name)
  )

export const cases: Contract<EntryStores>["cases"] = [
  contractCase(
    "a claim is one holder's, until the scope closes, and of one key",
    Effect.gen(function*() {
      const store = yield* open()
      const scope = yield* Scope.make()
      const claim = yield* Scope.extend(store.claim("a"), scope)
      yield* ensure(Option.isSome(claim), "it was refused")
      yield* ensure(yield* isHeld(store, "a"), "there is a second one")
      yield* ensure(!(yield* isHeld(store, "b")), "it covers other keys")
      yield* Scope.close(scope, Exit.void)
      yield* ensure(!(yield* isHeld(store, "a")), "it did not end")
    })
  ),
  contractCase(
    "who has a claim may put, under the rules of every put",
    Effect.scoped(Effect.gen(function*() {
      const store = yield* open()
      const generation = yield* store.generation
      const claim = Option.getOrThrow(yield* store.claim("a"))
      yield* ensure(Option.isSome(yield* claim.put(entry("a", "1", { generation }))), "it was refused")
      yield* holds(store, "a", "1")
      yield* remove(store, key("a"))
      yield* ensure(Option.isNone(yield* claim.put(entry("a", "old", { generation }))), "an old load was stored")
      yield* holds(store, "a", undefined)
    }))
  ),
  contractCase(
    "nothing happened, nothing changed",
    Effect.gen(function*() {
      const store = yield* open()
      yield* put(store, "a", "1")
      yield* store.changes
      yield* ensure(Option.isNone(yield* store.changes), "something did")
      yield* store.get("a")
      yield* ensure(Option.isNone(yield* store.changes), "a read did")
    })
  ),
  contractCase(
    "one sees what the other put, expired and removed at once",
    Effect.gen(function*() {
      const [one, other] = [yield* open(), yield* open()]
      yield* put(one, "a", "1", { tags: ["x"] })
      yield* holds(other, "a", "1")
      yield* expire(one, tag("x"))
      yield* holds(other, "a", "1 (expired)")
      yield* remove(other, tag("x"))
      yield* holds(one, "a", undefined)
      const generation = yield* one.generation
      yield* remove(other, key("b"))
      yield* ensure(Option.isNone(yield* put(one, "b", "old", { generation })), "an old load was stored")
    }),
    ["shared"]
  ),
  contractCase(
    "one is told what the other changed since its last look",
    Effect.gen(function*() {
      const [one, other] = [yield* open(), yield* open()]
      yield* one.get("a")
      yield* one.changes
      yield* put(other, "a", "1")
      const first = yield* one.changes
      yield* ensure(concerns(first, "a") && !concerns(first, "b"), "a put was not told")
      yield* remove(other, key("a"))
      yield* expire(other, tag("x"))
      const second = yield* one.changes
      yield* ensure(concerns(second, "a"), "a removal was not told")
      const tags = Option.match(second, { onNone: () => [], onSome: ({ barriers }) => barriers })
      yield* ensure(tags.some(({ kind, target }) => kind === "expire" && target._tag === "Tag"), "a tag was not told")
      yield* ensure(Option.isNone(yield* one.changes), "it was told twice")
    }),
    ["shared"]
  ),
  contractCase(
    "one that looks rarely misses nothing",
    Effect.gen(function*() {
      const [one, other] = [yield* open({ maxEntries: 100 }), yield* open({ maxEntries: 100 })]
      yield* put(one, "a", "1")
      yield* one.changes
      yield* put(other, "a", "2")
      for (let index = 0; index < 1000; index += 100) {
        yield* other.put(Array.from({ length: 100 }, (_, each) => entry(`key ${index + each}`, "1")), "through")
      }
      yield* ensure(concerns(yield* one.changes, "a"), "a change was lost")
    }),
    ["shared"]
  ),
  contractCase(
    "a claim is refused while the other has it",
    Effect.gen(function*() {
      const [one, other] = [yield* open(), yield* open()]
      yield* Effect.scoped(Effect.gen(function*() {
        yield* ensure(Option.isSome(yield* one.claim("a")), "it was refused")
        yield* ensure(yield* isHeld(other, "a"), "both have it")
      }))
      yield* ensure(!(yield* isHeld(other, "a")), "it did not end")
    }),
    ["shared"]
  )
]
