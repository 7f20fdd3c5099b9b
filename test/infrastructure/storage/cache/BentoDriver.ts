/**
 * A driver of bentocache over `Cache`. Its prefixes are parts of a key, so every part that a key begins with is a tag.
 */
import { Effect, Option } from "effect"
import { removeKnown, texts } from "./KeyvStore.ts"
import type { runIn } from "./KeyvStore.ts"

type Run = ReturnType<typeof runIn>

const prefixesOf = (key: string) => {
  const parts = key.split(":")
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join(":"))
}

export const make = (run: Run, prefix: string) => {
  const full = (key: string) => `${prefix}:${key}`
  const get = (key: string) =>
    run((cache) => Effect.map(cache.get(texts, full(key)), (entry) => Option.getOrUndefined(entry)?.value))
  const remove = (key: string) => run((cache) => removeKnown(cache, full(key)))

  return {
    type: "l2",
    get,
    set: (key: string, value: string, ttl?: number) =>
      run((cache) =>
        Effect.as(
          cache.set(texts, full(key), value, {
            tags: prefixesOf(full(key)),
            ...(ttl === undefined ? {} : { policy: { timeToLive: ttl } })
          }),
          true
        )
      ),
    delete: remove,
    deleteMany: (keys: ReadonlyArray<string>) => Promise.all(keys.map(remove)).then(() => true),
    pull: async (key: string) => {
      const value = await get(key)
      await remove(key)
      return value
    },
    namespace: (name: string) => make(run, full(name)),
    clear: () => run((cache) => cache.removeTag(prefix)),
    disconnect: () => Promise.resolve()
  }
}
