/**
 * `KeysetStore` that forgets everything with its layer.
 */
import { Effect, Layer, Option } from "effect"
import type { Keyset } from "./Keyset.ts"
import { KeysetStore } from "./KeysetStore.ts"

export const make = Effect.gen(function*() {
  const keysets = new Map<string, Keyset>()
  const counts = new Map<string, number>()
  const alone = yield* Effect.makeSemaphore(1)

  const load = (name: string) => Effect.sync(() => Option.fromNullable(keysets.get(name)))

  return KeysetStore.of({
    load,

    modify: (name, change) =>
      load(name).pipe(
        Effect.flatMap(change),
        Effect.map(([result, keyset]) => {
          keysets.set(name, keyset)
          return result
        }),
        alone.withPermits(1)
      ),

    reserve: (name, id, messages, limit) =>
      Effect.sync(() => {
        const key = `${id}/${name}`
        const count = (counts.get(key) ?? 0) + messages
        if (count > limit) return false
        counts.set(key, count)
        return true
      })
  })
})

/** Every layer built is a store of its own. */
export const layer: Layer.Layer<KeysetStore> = Layer.effect(KeysetStore, make)
