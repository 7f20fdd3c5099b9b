import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, TestClock } from "effect"
import * as fs from "node:fs"
import { join } from "node:path"
import type { Migration } from "../../../../src/infrastructure/storage/local/Migration.ts"
import * as SqliteFile from "../../../../src/infrastructure/storage/local/SqliteFile.ts"
import * as SqliteLocalDatabase from "../../../../src/infrastructure/storage/local/SqliteLocalDatabase.ts"
import { temporaryFolder } from "../../../support/temporaryFolder.ts"

const createNotes: Migration = {
  id: 1,
  name: "create_notes",
  run: (sql) =>
    Effect.zipRight(
      sql`CREATE TABLE notes (text TEXT) STRICT`,
      Effect.asVoid(sql`CREATE INDEX notes_by_text ON notes (text)`)
    )
}

const opened = Effect.gen(function*() {
  const filename = join(yield* temporaryFolder, "data.db")
  const database = yield* SqliteLocalDatabase.make({ filename, migrations: [createNotes] })
  const write = (count: number) =>
    database.writeTransaction(
      Effect.replicateEffect(database.sql`INSERT INTO notes VALUES (${"x".repeat(500)})`, count, { discard: true })
    )
  return { ...database, filename, write, sizeOf: (suffix = "") => fs.statSync(filename + suffix).size }
})

/** Lets quiet moments pass until `isDone`. */
const quietUntil = (isDone: () => boolean) =>
  Effect.gen(function*() {
    for (let moment = 0; moment < 5 && !isDone(); moment += 1) yield* TestClock.adjust("10 seconds")
    assert.isTrue(isDone())
  })

describe("upkeep", () => {
  it.scoped("the pragmas are those that were chosen", () =>
    Effect.gen(function*() {
      const { sql } = yield* opened
      const pragmas: Readonly<Record<string, unknown>> = {
        journal_mode: "wal",
        synchronous: 2,
        foreign_keys: 1,
        trusted_schema: 0,
        auto_vacuum: 2,
        journal_size_limit: SqliteFile.journalSizeLimit,
        wal_autocheckpoint: 1000,
        mmap_size: 0,
        application_id: SqliteLocalDatabase.applicationId
      }
      for (const [name, value] of Object.entries(pragmas)) {
        assert.deepStrictEqual(yield* sql.unsafe(`PRAGMA ${name}`), [{ [name]: value }])
      }
      assert.deepStrictEqual(yield* sql`PRAGMA busy_timeout`, [{ timeout: 2 }])
    }))

  it.scoped("the log is emptied in a quiet moment, and not while things are written", () =>
    Effect.gen(function*() {
      const { sizeOf, write } = yield* opened
      for (let step = 0; step < 5; step += 1) {
        yield* write(10)
        yield* TestClock.adjust("9 seconds")
        assert.isAbove(sizeOf("-wal"), 0)
      }
      yield* quietUntil(() => sizeOf("-wal") === 0)
    }))

  it.scoped("space that was freed goes back to the file system, a piece at a time", () =>
    Effect.gen(function*() {
      const { sizeOf, sql, write, writeTransaction } = yield* opened
      yield* write(5000)
      yield* quietUntil(() => sizeOf("-wal") === 0)
      const full = sizeOf()
      yield* writeTransaction(sql`DELETE FROM notes`)
      yield* quietUntil(() => sizeOf() < full && sizeOf("-wal") === 0)
      assert.isAtLeast(sizeOf(), full - 256 * 4096)
      for (let moment = 0; moment < 10; moment += 1) yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(yield* sql`PRAGMA freelist_count`, [{ freelist_count: 0 }])
    }))

  it.scoped("somebody else's lock or snapshot only puts it off", () =>
    Effect.gen(function*() {
      const { readSnapshot, sizeOf, write } = yield* opened
      const reading = yield* Deferred.make<void>()
      const finish = yield* Deferred.make<void>()
      const reader = yield* Effect.fork(
        readSnapshot(Effect.zipRight(Deferred.succeed(reading, undefined), Deferred.await(finish)))
      )
      yield* Deferred.await(reading)
      yield* write(10)
      yield* TestClock.adjust("1 minute")
      assert.isAbove(sizeOf("-wal"), 0)
      yield* Deferred.succeed(finish, undefined)
      yield* Fiber.join(reader)
      yield* quietUntil(() => sizeOf("-wal") === 0)
    }))

  it.scoped("closing leaves no log behind, and what the planner needs", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const filename = join(folder, "data.db")
      const open = SqliteLocalDatabase.make({ filename, migrations: [createNotes] })
      yield* Effect.scoped(
        Effect.flatMap(open, ({ sql }) => Effect.replicateEffect(sql`INSERT INTO notes VALUES ('a')`, 100))
      )
      assert.deepStrictEqual(fs.readdirSync(folder), ["data.db"])
      const { sql } = yield* open
      assert.lengthOf(yield* sql`SELECT idx FROM sqlite_stat1 WHERE idx = 'notes_by_text'`, 1)
    }))
})
