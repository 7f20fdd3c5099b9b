/**
 * The stores that a contract is about, and what its cases say about them.
 */
import { Context, Effect, Option } from "effect"
import type { Scope } from "effect"
import type { StorageFailure } from "../../domain/storage/StorageFailure.ts"
import { bytesOf } from "../../infrastructure/storage/cache/EntryStore.ts"
import type { Bounds, EntryStore, NewEntry, Target } from "../../infrastructure/storage/cache/EntryStore.ts"
import { ensure } from "../Contract.ts"

/** Makes the stores of one case. With the feature `shared` all of them have the same entries. */
export class EntryStores extends Context.Tag("effect-strata/testing/contract/EntryStoreSubject/EntryStores")<
  EntryStores,
  {
    readonly open: (bounds?: Bounds) => Effect.Effect<EntryStore, StorageFailure, Scope.Scope>

    /** What an entry costs where it is not kept as it is put. */
    readonly bytesOf?: (entry: NewEntry) => number
  }
>() {}

export const open = (bounds?: Bounds) => Effect.flatMap(EntryStores, (stores) => stores.open(bounds))

/** How it is counted what an entry costs. */
export const costs = Effect.map(EntryStores, ({ bytesOf: own = bytesOf }) => own)

export const hour = 3_600_000

export const bytes = (text: string) => new TextEncoder().encode(text)

/** Wins over every load unless told otherwise. */
export const entry = (key: string, value: string, more: Partial<NewEntry> = {}): NewEntry => ({
  key,
  value: bytes(value),
  tags: [],
  generation: "next",
  storedAt: 1000,
  freshUntil: hour,
  revalidateUntil: hour,
  keptUntil: hour,
  ...more
})

/** Of one entry. */
export const put = (store: EntryStore, key: string, value: string, more?: Partial<NewEntry>) =>
  Effect.map(store.put([entry(key, value, more)], "through"), ([generation]) => generation ?? Option.none<number>())

export const key = (name: string): Target => ({ _tag: "Key", key: name })
export const tag = (name: string): Target => ({ _tag: "Tag", tag: name })
export const all: Target = { _tag: "All" }

export const remove = (store: EntryStore, target: Target) => store.invalidate({ target, kind: "remove" })
export const expire = (store: EntryStore, target: Target) => store.invalidate({ target, kind: "expire" })

/** What a reader of `name` is served: the text, with `(expired)` after it when it is; `undefined` when nothing. */
export const served = (store: EntryStore, name: string) =>
  Effect.map(store.get(name), (found) =>
    Option.getOrUndefined(
      Option.map(found, ({ expired, value }) => new TextDecoder().decode(value) + (expired ? " (expired)" : ""))
    ))

export const holds = (store: EntryStore, name: string, expected: string | undefined) =>
  Effect.flatMap(
    served(store, name),
    (found) => ensure(found === expected, `"${name}" is ${found ?? "absent"} instead of ${expected ?? "absent"}`)
  )

/** Exactly. */
export const hasSize = (store: EntryStore, expected: { readonly entries: number; readonly bytes: number }) =>
  Effect.flatMap(store.size, ({ bytes: found, entries }) =>
    ensure(
      entries === expected.entries && found === expected.bytes,
      `it holds ${entries} entries, ${found} bytes instead of ${expected.entries}, ${expected.bytes}`
    ))
