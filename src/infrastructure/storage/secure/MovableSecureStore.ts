/**
 * `SecureStore` in whichever of several places the secrets are now. A write that met a migration goes to the new place.
 */
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import { Data, Effect, Layer, Schedule, Stream } from "effect"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import { SecureStore } from "../../../domain/storage/SecureStore.ts"
import type { SecretChange, SecretTransaction } from "../../../domain/storage/SecureStore.ts"
import * as SecretModify from "./SecretModify.ts"
import * as SecretPlaces from "./SecretPlaces.ts"

/** Another process switched between looking and locking; looking again finds the new place. */
class Moved extends Data.TaggedError("Moved")<{}> {}

/** How soon a migration by another process is noticed by who only listens. */
const interval = "2 seconds"

/** Every entry, as if it were set now. */
const present = (store: SecretPlaces.Place["store"]) =>
  Stream.fromIterableEffect(
    Effect.map(store.list, (names) => names.map((name): SecretChange => ({ name, kind: "set" })))
  )

export const make = (options: SecretPlaces.Options) =>
  Effect.gen(function*() {
    const places = yield* SecretPlaces.make(options)

    const current = Effect.flatMap(places.read, (state) => places.find(state.current))

    /** The switch is made under the lock of the place that is left, so what is true here stays true until the end. */
    const stillAt = (place: SecretPlaces.Place) =>
      Effect.flatMap(places.read, (state): Effect.Effect<void, Moved> =>
        state.current === place.name ? Effect.void : new Moved())

    const transaction = <A, E, R>(
      body: (transaction: SecretTransaction) => Effect.Effect<A, E, R>
    ): Effect.Effect<A, SecretFailure | E, R> =>
      Effect.flatMap(current, (place) =>
        place.store.transaction((inner) =>
          Effect.zipRight(stillAt(place), body(inner))
        ).pipe(
          Effect.catchIf(
            (failure): failure is Moved =>
              failure instanceof Moved,
            () => transaction(body)
          )
        ))

    return SecureStore.of({
      get: (name) =>
        Effect.flatMap(current, ({ store }) => store.get(name)),
      has: (name) => Effect.flatMap(current, ({ store }) => store.has(name)),
      list: Effect.flatMap(current, ({ store }) => store.list),
      set: (name, value, setOptions) => transaction((inner) => inner.set(name, value, setOptions)),
      remove: (name) => transaction((inner) => inner.remove(name)),
      transaction,
      modify: (name, change) =>
        transaction((inner) => Effect.map(SecretModify.modifyIn(inner, name, change), ([answer]) => answer)),
      changes: Stream.repeatEffectWithSchedule(current, Schedule.spaced(interval)).pipe(
        Stream.changesWith((a, b) => a.name === b.name),
        Stream.zipWithIndex,
        // Nobody listened yet to what was written in the new place since: all that is there is told.
        Stream.flatMap(([{ store }, index]) =>
          index === 0 ? store.changes : Stream.merge(store.changes, present(store)), {
          switch: true
        })
      )
    })
  })

/** The stores of `options` are given, not made here. */
export const layer = (
  options: SecretPlaces.Options
): Layer.Layer<SecureStore, never, FileSystem.FileSystem | Path.Path> => Layer.effect(SecureStore, make(options))
