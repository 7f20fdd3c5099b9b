/**
 * Entries in a map.
 */
import { Effect, Option } from "effect"
import { bytesOf, defaultBounds } from "./EntryStore.ts"
import type { Bounds, Entry, EntryStore } from "./EntryStore.ts"

export const make = (bounds: Bounds = {}): Effect.Effect<EntryStore> =>
  Effect.sync(() => {
    const { maxBytes, maxEntries } = { ...defaultBounds, ...bounds }
    /** From the oldest to the newest. */
    const entries = new Map<string, Entry>()
    let bytes = 0

    const remove = (key: string) => {
      const entry = entries.get(key)
      if (entry === undefined) return
      entries.delete(key)
      bytes -= bytesOf(entry)
    }

    const evict = (isDispensable: (entry: Entry) => boolean) => {
      let evicted = 0
      for (const entry of entries.values()) {
        if (entries.size <= maxEntries && bytes <= maxBytes) break
        if (isDispensable(entry)) {
          remove(entry.key)
          evicted += 1
        }
      }
      return evicted
    }

    return {
      get: (key) => Effect.sync(() => Option.fromNullable(entries.get(key))),
      put: (entry) =>
        Effect.sync(() => {
          remove(entry.key)
          if (bytesOf(entry) > maxBytes) return 0
          entries.set(entry.key, entry)
          bytes += bytesOf(entry)
          return evict(({ expiresAt }) => expiresAt <= entry.storedAt) + evict(() => true)
        }),
      remove: (key) => Effect.sync(() => remove(key)),
      clear: Effect.sync(() => {
        entries.clear()
        bytes = 0
      }),
      count: Effect.sync(() => entries.size)
    }
  })
