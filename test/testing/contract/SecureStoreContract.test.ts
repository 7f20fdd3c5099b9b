import { Effect, Layer, Option, Redacted, Stream } from "effect"
import { SecureStore } from "../../../src/domain/storage/SecureStore.ts"
import * as MemorySecureStore from "../../../src/infrastructure/storage/secure/MemorySecureStore.ts"
import { contract } from "../../../src/testing/contract/SecureStoreContract.ts"
import { bites } from "../../../src/testing/vitest.ts"

type Store = typeof SecureStore.Service

const broken = (change: (store: Store) => Partial<Store>) =>
  Layer.effect(SecureStore, Effect.map(MemorySecureStore.make, (store) => ({ ...store, ...change(store) })))

/** `modify` made of `get` and `set`. */
const unlocked = (store: Store): Store["modify"] => (name, change) =>
  Effect.gen(function*() {
    const [answer, value] = yield* change(yield* store.get(name))
    if (Option.isSome(value)) yield* store.set(name, value.value)
    else yield* store.remove(name)
    return answer
  })

bites(
  contract,
  "forgets the last write",
  broken(({ has, set }) => ({
    set: (name, value) => Effect.flatMap(has(name), (known) => known ? Effect.void : set(name, value))
  }))
)

bites(contract, "loses changes of fibers that modify at once", broken((store) => ({ modify: unlocked(store) })))

bites(
  contract,
  "writes before `change` succeeds",
  broken((store) => ({
    modify: (name, change) => Effect.zipRight(store.set(name, Redacted.make("")), store.modify(name, change))
  }))
)

bites(
  contract,
  "ignores case in names",
  broken((store) => ({
    get: (name) => store.get(name.toLowerCase()),
    set: (name, value) => store.set(name.toLowerCase(), value)
  }))
)

bites(
  contract,
  "trims values",
  broken((store) => ({
    set: (name, value) => store.set(name, Redacted.make(Redacted.value(value).trim()))
  }))
)

bites(
  contract,
  "takes an empty value for none",
  broken((store) => ({
    get: (name) => Effect.map(store.get(name), Option.filter((value) => Redacted.value(value) !== ""))
  }))
)

bites(
  contract,
  "lists in order of writing",
  broken((store) => ({
    list: Effect.map(store.list, (names) => names.toReversed())
  }))
)

bites(
  contract,
  "always says that it removed something",
  broken((store) => ({
    remove: (name) => Effect.as(store.remove(name), true)
  }))
)

bites(
  contract,
  "keeps entries for ever",
  broken((store) => ({
    set: (name, value) => store.set(name, value)
  }))
)

bites(
  contract,
  "lets the first write decide how long an entry lives",
  broken((store) => ({
    set: (name, value, options) =>
      Effect.flatMap(
        store.has(name),
        (known) =>
          known
            ? store.modify(name, () => Effect.succeed([undefined, Option.some(value)] as const))
            : store.set(name, value, options)
      )
  }))
)

bites(
  contract,
  "writes each step of a transaction at once",
  broken((store) => ({
    transaction: (body) =>
      body({
        get: (name) => store.get(name),
        set: (name, value, options) => Effect.orDie(store.set(name, value, options)),
        remove: (name) => Effect.orDie(store.remove(name)),
        list: store.list,
        expiresAt: () => Effect.succeedNone
      })
  }))
)

bites(
  contract,
  "hides a transaction's own writes from it",
  broken((store) => ({
    transaction: (body) => store.transaction((transaction) => body({ ...transaction, get: (name) => store.get(name) }))
  }))
)

bites(contract, "tells of no change", broken(() => ({ changes: Stream.never })))

bites(
  contract,
  "tells of removals as if something were set",
  broken((store) => ({
    changes: Stream.map(store.changes, ({ name }) => ({ name, kind: "set" as const }))
  }))
)

bites(
  contract,
  "tells of changes that were not made",
  broken((store) => ({
    changes: Stream.flatMap(store.changes, (change) => Stream.make(change, { name: "other", kind: "set" as const }))
  }))
)

bites(
  contract,
  "gives values away with changes",
  broken((store) => ({
    changes: Stream.mapEffect(
      store.changes,
      (change) => Effect.map(store.get(change.name), (value) => ({ ...change, value }))
    )
  }))
)

bites(
  contract,
  "says that nothing expires",
  broken((store) => ({
    transaction: (body) =>
      store.transaction((transaction) => body({ ...transaction, expiresAt: () => Effect.succeedNone }))
  }))
)
