/**
 * `KeysetStore` that forgets everything with its layer.
 */
import { Effect, Layer, Option } from "effect"
import type { Keyset } from "./Keyset.ts"
import { KeysetStore } from "./KeysetStore.ts"

export const make = Effect.gen(function*() {
  const keysets = new Map<string, Keyset>()
  const alone = yield* Effect.makeSemaphore(1)

  const load = (purpose: string) => Effect.sync(() => Option.fromNullable(keysets.get(purpose)))

  return KeysetStore.of({
    load,
    loadOrCreate: (purpose, create) =>
      load(purpose).pipe(
        Effect.flatMap(Option.match({
          onSome: Effect.succeed,
          onNone: () => Effect.tap(create, (keyset) => Effect.sync(() => keysets.set(purpose, keyset)))
        })),
        alone.withPermits(1)
      )
  })
})

/** Every layer built is a store of its own. */
export const layer: Layer.Layer<KeysetStore> = Layer.effect(KeysetStore, make)
