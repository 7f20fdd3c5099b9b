import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, TestClock } from "effect"
import { join } from "node:path"
import { DatabaseMaintenance } from "../../../../src/domain/operations/DatabaseMaintenance.ts"
import { Busy } from "../../../../src/domain/storage/StorageFailure.ts"
import * as MemoryProcessLock from "../../../../src/infrastructure/storage/local/MemoryProcessLock.ts"
import * as SqliteDatabaseMaintenance from "../../../../src/infrastructure/storage/local/SqliteDatabaseMaintenance.ts"
import { temporaryFolder } from "../../../support/temporaryFolder.ts"

const { whileOpening } = SqliteDatabaseMaintenance

const maintenance = Layer.unwrapScoped(
  Effect.map(
    temporaryFolder,
    (folder) => SqliteDatabaseMaintenance.layer({ filename: join(folder, "strata.db"), migrations: [] })
  )
).pipe(Layer.provideMerge(MemoryProcessLock.layer))

describe("SqliteDatabaseMaintenance and who opens the database", () => {
  it.effect("nothing is moved while the database is being opened, and it is said to be in use in the end", () =>
    Effect.gen(function*() {
      const { quarantine } = yield* DatabaseMaintenance
      const begun = yield* Deferred.make<void>()
      const opening = yield* Effect.fork(
        whileOpening()(Effect.zipRight(Deferred.succeed(begun, undefined), Effect.never))
      )
      yield* Deferred.await(begun)
      const waiting = yield* Effect.fork(Effect.flip(quarantine))
      yield* TestClock.adjust("10 seconds")
      const { _tag, message } = yield* Fiber.join(waiting)
      assert.deepStrictEqual([_tag, message], ["Busy", "The database is in use by another process (quarantine)"])
      yield* Fiber.interrupt(opening)
      yield* quarantine
    }).pipe(Effect.provide(maintenance)))

  it.effect("who opens waits for two minutes; a failure of its own is its own", () =>
    Effect.gen(function*() {
      const begun = yield* Deferred.make<void>()
      yield* Effect.fork(whileOpening()(Effect.zipRight(Deferred.succeed(begun, undefined), Effect.never)))
      yield* Deferred.await(begun)
      const waiting = yield* Effect.fork(Effect.flip(whileOpening()(Effect.void)))
      yield* TestClock.adjust("119 seconds")
      assert.isNull(waiting.unsafePoll())
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* Fiber.join(waiting), new Busy({ store: "database", operation: "open" }))
      const own = new Busy({ store: "cache", operation: "open" })
      assert.strictEqual(yield* Effect.flip(whileOpening("cache")(own)), own)
    }).pipe(Effect.provide(MemoryProcessLock.layer)))
})
