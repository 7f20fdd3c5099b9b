/**
 * `SecureStore` that forgets everything with its layer.
 */
import { Effect, Layer, Option } from "effect"
import type { Redacted } from "effect"
import { SecureStore } from "../../../domain/storage/SecureStore.ts"
import * as SecretText from "./SecretText.ts"

export const make = Effect.gen(function*() {
  const entries = new Map<string, Redacted.Redacted<string>>()
  const alone = yield* Effect.makeSemaphore(1)

  const get = (name: string) => Effect.sync(() => Option.fromNullable(entries.get(name)))

  const put = (name: string, value: Option.Option<Redacted.Redacted<string>>) =>
    Effect.gen(function*() {
      if (Option.isNone(value)) return entries.delete(name)
      yield* SecretText.assertWellFormed(name, value.value)
      entries.set(name, value.value)
      return true
    })

  return SecureStore.of({
    get,
    set: (name, value) => Effect.asVoid(alone.withPermits(1)(put(name, Option.some(value)))),
    remove: (name) => alone.withPermits(1)(put(name, Option.none())),
    has: (name) => Effect.sync(() => entries.has(name)),
    list: Effect.sync(() => Array.from(entries.keys()).toSorted()),
    modify: (name, change) =>
      get(name).pipe(
        Effect.flatMap(change),
        Effect.flatMap(([answer, value]) => Effect.as(put(name, value), answer)),
        alone.withPermits(1)
      )
  })
})

/** Every layer built is a store of its own. */
export const layer: Layer.Layer<SecureStore> = Layer.effect(SecureStore, make)
