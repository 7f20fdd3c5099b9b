import { assert, describe, it } from "@effect/vitest"
import { Chunk, Deferred, Effect, Fiber, Layer, Option, Redacted, Stream } from "effect"
import * as SecretNamespace from "../../../src/domain/storage/SecretNamespace.ts"
import { SecureStore } from "../../../src/domain/storage/SecureStore.ts"
import * as MemorySecureStore from "../../../src/infrastructure/storage/secure/MemorySecureStore.ts"
import * as SecureStoreContract from "../../../src/testing/contract/SecureStoreContract.ts"
import { suite } from "../../../src/testing/vitest.ts"

/** Beside entries of other folders, which it must not mind. */
const crowded = Layer.effect(
  SecureStore,
  Effect.gen(function*() {
    const store = yield* MemorySecureStore.make
    for (const name of ["token", "aut", "auth", "auth2/token", "other/auth/token"]) {
      yield* Effect.orDie(store.set(name, Redacted.make("another's")))
    }
    return SecretNamespace.make(store, "auth")
  })
)

suite(SecureStoreContract.contract, "one folder of names", crowded)

describe("SecretNamespace", () => {
  it.effect("its names are those of the store in its folder, and folders nest", () =>
    Effect.gen(function*() {
      const store = yield* MemorySecureStore.make
      const inner = SecretNamespace.make(SecretNamespace.make(store, "a"), "b")
      yield* inner.set("c", Redacted.make("value"))
      assert.deepStrictEqual(yield* store.list, ["a/b/c"])
      assert.deepStrictEqual(yield* inner.list, ["c"])
      yield* inner.transaction((transaction) =>
        Effect.gen(function*() {
          assert.deepStrictEqual(yield* transaction.list, ["c"])
          yield* transaction.set("d", Redacted.make("value"))
          assert.isTrue(yield* transaction.remove("c"))
        })
      )
      assert.deepStrictEqual(yield* store.list, ["a/b/d"])
      assert.isTrue(Option.isSome(yield* inner.get("d")))
    }))

  it.effect("tells of changes in its folder only", () =>
    Effect.gen(function*() {
      const store = yield* MemorySecureStore.make
      const inner = SecretNamespace.make(store, "a")
      const started = yield* Deferred.make<void>()
      const fiber = yield* inner.changes.pipe(
        Stream.tap(() => Deferred.succeed(started, undefined)),
        Stream.filter(({ name }) => name !== "start"),
        Stream.take(1),
        Stream.runCollect,
        Effect.fork
      )
      yield* Effect.race(
        Deferred.await(started),
        Effect.forever(Effect.zipRight(inner.set("start", Redacted.make("x")), Effect.yieldNow()))
      )
      yield* store.set("b/outside", Redacted.make("x"))
      yield* store.set("a/inside", Redacted.make("x"))
      assert.deepStrictEqual(Chunk.toReadonlyArray(yield* Fiber.join(fiber)), [{ name: "inside", kind: "set" }])
    }))
})
