import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Option, Queue, Redacted, Stream, TestClock } from "effect"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { SecureStore } from "../../../../src/domain/storage/SecureStore.ts"
import { Io } from "../../../../src/domain/storage/StorageFailure.ts"
import * as MemoryProcessLock from "../../../../src/infrastructure/storage/local/MemoryProcessLock.ts"
import * as MemorySecureStore from "../../../../src/infrastructure/storage/secure/MemorySecureStore.ts"
import * as MovableSecureStore from "../../../../src/infrastructure/storage/secure/MovableSecureStore.ts"
import * as SecretMigration from "../../../../src/infrastructure/storage/secure/SecretMigration.ts"
import { contract } from "../../../../src/testing/contract/SecureStoreContract.ts"
import { suite } from "../../../../src/testing/vitest.ts"
import { temporaryFolder } from "../../../support/temporaryFolder.ts"

type Store = typeof SecureStore.Service

const needs = Layer.merge(NodeContext.layer, MemoryProcessLock.layer)

const prepared = Effect.gen(function*() {
  const file = join(yield* temporaryFolder, "places.json")
  const [a, b] = yield* Effect.all([MemorySecureStore.make, MemorySecureStore.make])
  const context = yield* Layer.build(needs)
  const withStores = (old: Store, next: Store) => {
    const places = [{ name: "old", store: old }, { name: "new", store: next }] as const
    return Effect.all({
      migration: SecretMigration.make({ file, places }),
      store: MovableSecureStore.make({ file, places })
    }).pipe(Effect.provide(context))
  }
  yield* a.set("token", Redacted.make("first"))
  yield* a.set("short", Redacted.make("lived"), { timeToLive: "90 days" })
  return { a, b, file, withStores, ...(yield* withStores(a, b)) }
})

const value = (store: Store, name: string) =>
  Effect.map(store.get(name), (found) => Option.getOrUndefined(Option.map(found, Redacted.value)))

const expiresAt = (store: Store) => store.transaction((transaction) => transaction.expiresAt("short"))

const movable = Layer.scoped(
  SecureStore,
  Effect.gen(function*() {
    const file = join(yield* temporaryFolder, "places.json")
    const places = [{ name: "old", store: yield* MemorySecureStore.make }] as const
    return yield* Effect.provide(MovableSecureStore.make({ file, places }), NodeContext.layer)
  })
)

suite(contract, "movable", movable)

describe("SecretMigration", () => {
  it.scoped("copies all, with their times, and switches", () =>
    Effect.gen(function*() {
      const { a, b, migration, store } = yield* prepared
      yield* migration.migrate("new")
      assert.strictEqual((yield* migration.state).current, "new")
      assert.deepStrictEqual(yield* b.list, ["short", "token"])
      assert.deepStrictEqual(yield* expiresAt(b), yield* expiresAt(a))
      yield* store.set("token", Redacted.make("second"))
      assert.deepStrictEqual([yield* value(a, "token"), yield* value(b, "token")], ["first", "second"])
    }))

  it.scoped("is told to who listens as all that is in the new place, what nobody saw being written included", () =>
    Effect.gen(function*() {
      const { b, migration, store } = yield* prepared
      const told = yield* Queue.unbounded<string>()
      yield* Stream.runForEach(store.changes, ({ kind, name }) => Queue.offer(told, `${kind} ${name}`)).pipe(
        Effect.forkScoped
      )
      yield* store.set("before", Redacted.make("x")).pipe(
        Effect.zipRight(TestClock.adjust("2 seconds")),
        Effect.repeat({ until: () => Effect.map(Queue.size(told), (size) => size > 0) })
      )
      yield* Queue.takeAll(told)
      yield* migration.migrate("new")
      yield* b.set("unseen", Redacted.make("x"))
      yield* Effect.repeat(TestClock.adjust("2 seconds"), {
        until: () => Effect.map(Queue.size(told), (size) => size >= 4)
      })
      const names = Array.from(yield* Queue.takeAll(told))
      assert.deepStrictEqual(names.toSorted(), ["set before", "set short", "set token", "set unseen"])
    }))

  it.scoped("is done once: a second call changes nothing", () =>
    Effect.gen(function*() {
      const { b, migration } = yield* prepared
      yield* migration.migrate("new")
      const before = yield* migration.state
      yield* b.set("token", Redacted.make("second"))
      yield* TestClock.adjust("1 day")
      yield* migration.migrate("new")
      assert.deepStrictEqual(yield* migration.state, before)
      assert.strictEqual(yield* value(b, "token"), "second")
    }))

  it.scoped("keeps the old store for 30 days, then removes what is there", () =>
    Effect.gen(function*() {
      const { a, b, migration } = yield* prepared
      assert.strictEqual(yield* migration.finalize("old"), 0)
      yield* migration.migrate("new")
      yield* TestClock.adjust("29 days")
      assert.strictEqual((yield* Effect.flip(migration.finalize("old")))._tag, "GraceNotOver")
      assert.strictEqual((yield* a.list).length, 2)
      yield* TestClock.adjust("1 day")
      assert.strictEqual(yield* migration.finalize("old"), 2)
      assert.strictEqual(yield* migration.finalize("old"), 0)
      assert.deepStrictEqual([yield* a.list, yield* b.list], [[], ["short", "token"]])
      assert.strictEqual(yield* migration.finalize("new"), 0)
    }))

  it.scoped("does not remove the old secrets while the new store cannot be read", () =>
    Effect.gen(function*() {
      const { a, b, migration, withStores } = yield* prepared
      yield* migration.migrate("new")
      yield* TestClock.adjust("31 days")
      const broken = yield* withStores(a, { ...b, transaction: () => new Io({ store: "x", operation: "read" }) })
      assert.strictEqual((yield* Effect.flip(broken.migration.finalize("old")))._tag, "Io")
      assert.strictEqual((yield* a.list).length, 2)
    }))

  it.scoped("does not touch a store that holds secrets of its own", () =>
    Effect.gen(function*() {
      const { b, migration } = yield* prepared
      yield* b.set("other", Redacted.make("mine"))
      assert.strictEqual((yield* Effect.flip(migration.migrate("new")))._tag, "PlaceNotEmpty")
      assert.deepStrictEqual(yield* b.list, ["other"])
      assert.strictEqual((yield* migration.state).current, "old")
    }))

  it.scoped("goes on with what a broken copy left, and removes what was removed since", () =>
    Effect.gen(function*() {
      const { a, b, migration, withStores } = yield* prepared
      const halfway: Store = {
        ...b,
        transaction: (body) => Effect.zipRight(b.transaction(body), new Io({ store: "x", operation: "write" }))
      }
      const broken = yield* withStores(a, halfway)
      assert.strictEqual((yield* Effect.flip(broken.migration.migrate("new")))._tag, "Io")
      assert.strictEqual((yield* migration.state).current, "old")
      yield* a.remove("short")
      yield* migration.migrate("new")
      assert.deepStrictEqual(yield* b.list, ["token"])
    }))

  it.scoped("does not switch to a store that gives back something else", () =>
    Effect.gen(function*() {
      const { a, b, migration, withStores } = yield* prepared
      const forgetful: Store = {
        ...b,
        transaction: (body) =>
          b.transaction((transaction) => body({ ...transaction, get: () => Effect.succeedSome(Redacted.make("?")) }))
      }
      const broken = yield* withStores(a, forgetful)
      assert.strictEqual((yield* Effect.flip(broken.migration.migrate("new")))._tag, "Tampered")
      assert.strictEqual((yield* migration.state).current, "old")
    }))

  it.scoped("goes back within the time of grace", () =>
    Effect.gen(function*() {
      const { a, migration, store } = yield* prepared
      yield* migration.migrate("new")
      yield* store.set("token", Redacted.make("second"))
      yield* store.set("later", Redacted.make("x"))
      yield* migration.migrate("old")
      assert.deepStrictEqual(yield* a.list, ["later", "short", "token"])
      assert.strictEqual(yield* value(store, "token"), "second")
      assert.deepStrictEqual((yield* migration.state).retired.map(({ place }) => place), ["new"])
    }))

  it.scoped("a write that waits while secrets move goes to the new store", () =>
    Effect.gen(function*() {
      const { a, b, store, withStores } = yield* prepared
      const copying = yield* Deferred.make<void>()
      const goOn = yield* Deferred.make<void>()
      const slow: Store = {
        ...b,
        transaction: (body) =>
          Deferred.succeed(copying, undefined).pipe(
            Effect.zipRight(Deferred.await(goOn)),
            Effect.zipRight(b.transaction(body))
          )
      }
      const moving = yield* Effect.fork(
        Effect.flatMap(withStores(a, slow), ({ migration }) => migration.migrate("new"))
      )
      yield* Deferred.await(copying)
      const writing = yield* Effect.fork(
        store.modify("token", (before) =>
          Effect.succeed([Option.map(before, Redacted.value), Option.some(Redacted.make("second"))] as const))
      )
      yield* Effect.yieldNow()
      yield* Deferred.succeed(goOn, undefined)
      yield* Fiber.join(moving)
      assert.deepStrictEqual(yield* Fiber.join(writing), Option.some("first"))
      assert.deepStrictEqual([yield* value(a, "token"), yield* value(b, "token")], ["first", "second"])
    }))

  it.scoped("a damaged or newer record is told and not replaced", () =>
    Effect.gen(function*() {
      const { file, migration, store } = yield* prepared
      for (
        const [content, tag] of [["", "Corrupt"], ["{\"version\":2}", "NewerThanApp"], [
          "{\"version\":1,\"current\":\"elsewhere\",\"retired\":[]}",
          "Corrupt"
        ]] as const
      ) {
        writeFileSync(file, content)
        assert.strictEqual((yield* Effect.flip(store.get("token")))._tag, tag)
        assert.strictEqual((yield* Effect.flip(store.set("token", Redacted.make("x"))))._tag, tag)
        assert.strictEqual((yield* Effect.flip(migration.migrate("new")))._tag, tag)
      }
    }))
})
