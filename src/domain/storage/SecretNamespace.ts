/**
 * One folder of a `SecureStore`'s names, as a `SecureStore`: whoever is given it sees and changes nothing else.
 */
import { Effect, Option, Stream } from "effect"
import type { SecretTransaction, SecureStore } from "./SecureStore.ts"

type Store = typeof SecureStore.Service

/** `make(store, "auth")` holds as `session` what `store` holds as `auth/session`. Folders may be nested, by a further one. */
export const make = (store: Store, folder: string): Store => {
  const prefix = `${folder}/`
  const outside = (name: string) => prefix + name
  const inside = (name: string) =>
    name.startsWith(prefix) ? Option.some(name.slice(prefix.length)) : Option.none<string>()

  const names = (all: ReadonlyArray<string>) => all.flatMap((name) => Option.toArray(inside(name)))

  const within = (transaction: SecretTransaction): SecretTransaction => ({
    get: (name) => transaction.get(outside(name)),
    set: (name, value, options) => transaction.set(outside(name), value, options),
    remove: (name) => transaction.remove(outside(name)),
    list: Effect.map(transaction.list, names),
    expiresAt: (name) => transaction.expiresAt(outside(name))
  })

  return {
    get: (name) => store.get(outside(name)),
    set: (name, value, options) => store.set(outside(name), value, options),
    remove: (name) => store.remove(outside(name)),
    has: (name) => store.has(outside(name)),
    list: Effect.map(store.list, names),
    modify: (name, change) => store.modify(outside(name), change),
    transaction: (body) => store.transaction((transaction) => body(within(transaction))),
    changes: Stream.filterMap(
      store.changes,
      (change) => Option.map(inside(change.name), (name) => ({ ...change, name }))
    )
  }
}
