import type { SqlClient } from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Option, TestClock } from "effect"
import { join } from "node:path"
import * as MemoryCache from "../../../../src/infrastructure/storage/cache/MemoryCache.ts"
import * as SqliteLocalDatabase from "../../../../src/infrastructure/storage/local/SqliteLocalDatabase.ts"
import { settle, texts, textsWith } from "../../../../src/testing/contract/CacheSubject.ts"
import { temporaryFolder } from "../../../support/temporaryFolder.ts"

const migrations = [
  { id: 1, name: "create_note", run: (sql: SqlClient) => Effect.asVoid(sql`CREATE TABLE note (x TEXT)`) }
]

const opened = Effect.gen(function*() {
  const filename = join(yield* temporaryFolder, "notes.db")
  const database = yield* SqliteLocalDatabase.make({ filename, migrations })
  const count = Effect.map(database.sql`SELECT count(*) AS n FROM note`, ([row]) => String(row?.["n"]))
  return { cache: yield* MemoryCache.make(), count, database }
})

const dies = (exit: Exit.Exit<unknown, unknown>) =>
  assert.include(Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "it was loaded", "A cache load inside a transaction")

describe("a load", () => {
  it.effect("that takes too long is given up by a caller that cannot be interrupted", () =>
    Effect.gen(function*() {
      const cache = yield* MemoryCache.make()
      const impatient = textsWith({ hardTimeout: "50 millis" })
      const waiting = yield* Effect.forkDaemon(
        Effect.uninterruptible(Effect.flip(cache.getOrLoad(impatient, "a", Effect.never)))
      )
      yield* settle
      yield* TestClock.adjust("50 millis")
      yield* settle
      const exit = Option.getOrUndefined(yield* Fiber.poll(waiting))
      assert.isDefined(exit, "it still waits")
      assert.strictEqual((yield* exit ?? Effect.never)._tag, "LoadTimeout")
    }).pipe(Effect.scoped))

  it.scopedLive("is refused inside a transaction, as what it reads there may never be, or be no more", () =>
    Effect.gen(function*() {
      const { cache, count, database } = yield* opened
      const load = cache.getOrLoad(texts, "count", count)
      dies(
        yield* Effect.exit(
          database.writeTransaction(Effect.zipRight(database.sql`INSERT INTO note VALUES ('1')`, load))
        )
      )
      dies(yield* Effect.exit(database.readSnapshot(load)))
      dies(yield* Effect.exit(database.readSnapshot(cache.refresh(texts, "count", count))))
      assert.strictEqual((yield* load).value, "0")
      assert.strictEqual((yield* database.writeTransaction(load)).value, "0", "what is cached is not refused")
    }))

  it.scoped("in the background reads outside the transaction of whoever caused it", () =>
    Effect.gen(function*() {
      const { cache, count, database } = yield* opened
      const stale = textsWith({ timeToLive: "1 second", staleWhileRevalidate: "1 hour" })
      yield* cache.set(stale, "count", "old")
      yield* TestClock.adjust("2 seconds")
      const load = cache.getOrLoad(stale, "count", count)
      yield* Effect.exit(database.writeTransaction(Effect.gen(function*() {
        yield* database.sql`INSERT INTO note VALUES ('1')`
        assert.strictEqual((yield* load).value, "old")
        yield* settle
        return yield* Effect.fail("rolled back")
      })))
      yield* settle
      assert.strictEqual(Option.getOrUndefined(yield* cache.get(stale, "count"))?.value, "0")
    }))
})
