/**
 * What every `KeysetStore` must do. Not covered: other processes, for which a store on disk has tests of its own.
 */
import { Effect, Option, Ref } from "effect"
import * as Keyset from "../../infrastructure/security/encryption/Keyset.ts"
import { KeysetStore } from "../../infrastructure/security/encryption/KeysetStore.ts"
import { contractCase, ensure } from "../Contract.ts"
import type { Contract } from "../Contract.ts"

const fresh = Effect.sync(() => Keyset.generate("AES256_GCM"))

/** Key ids are random, so equal ids are the same keyset. */
const same = (a: Keyset.Keyset, b: Keyset.Keyset) =>
  a.primary === b.primary && a.keys.map(({ id }) => id).join() === b.keys.map(({ id }) => id).join()

export const contract: Contract<KeysetStore> = {
  name: "KeysetStore",
  cases: [
    contractCase(
      "has nothing for a purpose never used, and looking creates nothing",
      Effect.gen(function*() {
        const store = yield* KeysetStore
        yield* ensure(Option.isNone(yield* store.load("notes")), "a keyset is there")
        yield* ensure(Option.isNone(yield* store.load("notes")), "looking created a keyset")
      })
    ),
    contractCase(
      "creates a keyset once and gives the same one from then on",
      Effect.gen(function*() {
        const store = yield* KeysetStore
        const created = yield* store.loadOrCreate("notes", fresh)
        yield* ensure(same(created, yield* store.loadOrCreate("notes", fresh)), "loadOrCreate gave another keyset")
        const loaded = yield* store.load("notes")
        yield* ensure(Option.isSome(loaded) && same(loaded.value, created), "load gave another keyset")
      })
    ),
    contractCase(
      "does not run `create` when there is a keyset",
      Effect.gen(function*() {
        const store = yield* KeysetStore
        yield* store.loadOrCreate("notes", fresh)
        yield* store.loadOrCreate("notes", Effect.dieMessage("create was run for a keyset that exists"))
      })
    ),
    contractCase(
      "keeps purposes apart, whatever their names",
      Effect.gen(function*() {
        const store = yield* KeysetStore
        const purposes = ["notes", "Notes", "notes/", "aead/notes", "__proto__", "", "примечания 📝"]
        const created = yield* Effect.forEach(purposes, (purpose) => store.loadOrCreate(purpose, fresh))
        yield* ensure(
          new Set(created.map(({ primary }) => primary)).size === purposes.length,
          "two purposes share keys"
        )
        for (const [index, purpose] of purposes.entries()) {
          const loaded = yield* store.load(purpose)
          const expected = created[index]
          yield* ensure(
            Option.isSome(loaded) && expected !== undefined && same(loaded.value, expected),
            `"${purpose}" has another keyset now`
          )
        }
      })
    ),
    contractCase(
      "gives one keyset to fibers that create at once",
      Effect.gen(function*() {
        const store = yield* KeysetStore
        const runs = yield* Ref.make(0)
        const slow = Effect.zipRight(Effect.yieldNow(), Effect.tap(fresh, () => Ref.update(runs, (n) => n + 1)))
        const keysets = yield* Effect.all(Array.from({ length: 20 }, () => store.loadOrCreate("notes", slow)), {
          concurrency: "unbounded"
        })
        yield* ensure(new Set(keysets.map(({ primary }) => primary)).size === 1, "two fibers have different keysets")
        yield* ensure((yield* Ref.get(runs)) === 1, "create was run more than once")
      })
    ),
    contractCase(
      "a failed `create` stores nothing",
      Effect.gen(function*() {
        const store = yield* KeysetStore
        yield* Effect.exit(store.loadOrCreate("notes", Effect.dieMessage("no entropy")))
        yield* ensure(Option.isNone(yield* store.load("notes")), "a keyset is there")
        yield* store.loadOrCreate("notes", fresh)
      })
    )
  ]
}
