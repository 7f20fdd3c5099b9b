import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option, Redacted, Ref } from "effect"
import { getOrRefresh } from "../../../src/domain/storage/GetOrRefresh.ts"
import { SecureStore } from "../../../src/domain/storage/SecureStore.ts"
import { Busy } from "../../../src/domain/storage/StorageFailure.ts"
import * as MemorySecureStore from "../../../src/infrastructure/storage/secure/MemorySecureStore.ts"

type Store = typeof SecureStore.Service

const isFresh = (value: Redacted.Redacted<string>) => Effect.succeed(Redacted.value(value).startsWith("fresh"))

const holds = (expected: string) =>
  Effect.flatMap(
    SecureStore,
    (store) =>
      Effect.map(store.get("token"), (found) =>
        assert.deepStrictEqual(Option.map(found, Redacted.value), Option.some(expected)))
  )

const set = (value: string) => Effect.flatMap(SecureStore, (store) => store.set("token", Redacted.make(value)))

const refusing = getOrRefresh({ name: "token", isFresh, refresh: () => Effect.fail("refused" as const) })

/** As another process would, between our reading and our failing. */
const overtaken = (change: (store: Store) => Store["modify"]) =>
  Layer.effect(SecureStore, Effect.map(MemorySecureStore.make, (store) => ({ ...store, modify: change(store) })))

describe("getOrRefresh", () => {
  it.effect("gives what is fresh without refreshing", () =>
    Effect.gen(function*() {
      yield* set("fresh 1")
      assert.strictEqual(Redacted.value(yield* refusing), "fresh 1")
    }).pipe(Effect.provide(MemorySecureStore.layer)))

  it.effect("of many at once one refreshes what is worn out, and all get what it got", () =>
    Effect.gen(function*() {
      yield* set("worn")
      const count = yield* Ref.make(0)
      const value = getOrRefresh({
        name: "token",
        isFresh,
        refresh: (worn) =>
          Effect.gen(function*() {
            assert.deepStrictEqual(Option.map(worn, Redacted.value), Option.some("worn"))
            yield* Effect.yieldNow()
            return Redacted.make(`fresh ${yield* Ref.updateAndGet(count, (n) => n + 1)}`)
          })
      })
      const values = yield* Effect.all(Array.from({ length: 20 }, () => value), { concurrency: "unbounded" })
      assert.deepStrictEqual(new Set(values.map(Redacted.value)), new Set(["fresh 1"]))
      yield* holds("fresh 1")
    }).pipe(Effect.provide(MemorySecureStore.layer)))

  it.effect("gets the first value too", () =>
    Effect.gen(function*() {
      const value = getOrRefresh({
        name: "token",
        isFresh,
        refresh: (worn) => Effect.succeed(Redacted.make(`fresh ${Option.isNone(worn)}`))
      })
      assert.strictEqual(Redacted.value(yield* value), "fresh true")
      yield* holds("fresh true")
    }).pipe(Effect.provide(MemorySecureStore.layer)))

  it.effect("a refresh that fails writes nothing and is not tried again", () =>
    Effect.gen(function*() {
      yield* set("worn")
      assert.strictEqual(yield* Effect.flip(refusing), "refused")
      yield* holds("worn")
    }).pipe(Effect.provide(MemorySecureStore.layer)))

  it.effect("after a failed refresh, uses what another process got meanwhile", () =>
    Effect.gen(function*() {
      yield* set("worn")
      assert.strictEqual(Redacted.value(yield* refusing), "fresh elsewhere")
    }).pipe(Effect.provide(overtaken((store) => (name, change) =>
      Effect.onError(
        store.modify(name, change),
        () => Effect.ignore(store.set(name, Redacted.make("fresh elsewhere")))
      )
    ))))

  it.effect("when the lock is busy for too long, uses what its holder got, else says so", () =>
    Effect.gen(function*() {
      yield* set("worn")
      const failure = yield* Effect.flip(refusing)
      assert.isTrue(typeof failure === "object" && failure._tag === "Busy")
      yield* set("fresh elsewhere")
      assert.strictEqual(Redacted.value(yield* refusing), "fresh elsewhere")
    }).pipe(Effect.provide(overtaken(() => () => new Busy({ store: "secret store", operation: "lock" })))))
})
