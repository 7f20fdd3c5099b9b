import { Effect, Layer, Option, Redacted } from "effect"
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
