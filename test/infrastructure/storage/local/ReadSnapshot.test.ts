import { SafeIntegers } from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Deferred, Effect, Exit, Fiber, Option } from "effect"
import { join } from "node:path"
import type { Migration } from "../../../../src/infrastructure/storage/local/Migration.ts"
import * as SqliteFile from "../../../../src/infrastructure/storage/local/SqliteFile.ts"
import * as SqliteLocalDatabase from "../../../../src/infrastructure/storage/local/SqliteLocalDatabase.ts"
import { temporaryFolder } from "../../../support/temporaryFolder.ts"

const createNotes: Migration = {
  id: 1,
  name: "create_notes",
  run: (sql) => Effect.asVoid(sql`CREATE TABLE notes (n INTEGER) STRICT`)
}

const opened = Effect.gen(function*() {
  const filename = join(yield* temporaryFolder, "data.db")
  return { filename, ...(yield* SqliteLocalDatabase.make({ filename, migrations: [createNotes] })) }
})

const inMemory = SqliteLocalDatabase.make({ filename: ":memory:", migrations: [createNotes] })

const defectOf = <A, E>(exit: Exit.Exit<A, E>) =>
  Exit.isFailure(exit) ? String(Option.getOrUndefined(Cause.dieOption(exit.cause))) : "none"

describe("readSnapshot", () => {
  it.scoped("sees nothing of what is committed meanwhile, and holds up no writer", () =>
    Effect.gen(function*() {
      const { readSnapshot, sql, writeTransaction } = yield* opened
      yield* writeTransaction(sql`INSERT INTO notes VALUES (1)`)
      const reading = yield* Deferred.make<void>()
      const written = yield* Deferred.make<void>()
      const count = Effect.map(sql<{ readonly n: number }>`SELECT count(*) AS n FROM notes`, ([row]) => row?.n)
      const snapshot = yield* Effect.fork(readSnapshot(Effect.gen(function*() {
        const before = yield* count
        yield* Deferred.succeed(reading, undefined)
        yield* Deferred.await(written)
        return [before, yield* count]
      })))
      yield* Deferred.await(reading)
      yield* writeTransaction(sql`INSERT INTO notes VALUES (2)`)
      yield* Deferred.succeed(written, undefined)
      assert.deepStrictEqual(yield* Fiber.join(snapshot), [1, 1])
      assert.strictEqual(yield* readSnapshot(count), 2)
    }))

  it.scoped("snapshots take turns, and one that is interrupted while it waits leaves the turn to others", () =>
    Effect.gen(function*() {
      const { readSnapshot, sql } = yield* opened
      const reading = yield* Deferred.make<void>()
      const finish = yield* Deferred.make<void>()
      const first = yield* Effect.fork(
        readSnapshot(Effect.zipRight(Deferred.succeed(reading, undefined), Deferred.await(finish)))
      )
      yield* Deferred.await(reading)
      const second = yield* Effect.fork(readSnapshot(sql`SELECT 1`))
      yield* Effect.yieldNow()
      yield* Fiber.interrupt(second)
      yield* Deferred.succeed(finish, undefined)
      yield* Fiber.join(first)
      assert.deepStrictEqual(yield* readSnapshot(sql`SELECT n FROM notes`), [])
    }))

  for (const [where, make] of [["in a file", opened], ["in memory", inMemory]] as const) {
    it.scoped(`a write inside is a defect and does not happen (${where})`, () =>
      Effect.gen(function*() {
        const { read, readSnapshot, sql, writeTransaction } = yield* make
        const insert = sql`INSERT INTO notes VALUES (1)`
        for (const write of [insert, read(insert)]) {
          assert.include(defectOf(yield* Effect.exit(readSnapshot(write))), "A write inside a snapshot")
        }
        assert.include(
          defectOf(yield* Effect.exit(readSnapshot(writeTransaction(insert)))),
          "A write transaction inside a snapshot"
        )
        assert.deepStrictEqual(yield* read(sql`SELECT n FROM notes`), [])
        yield* writeTransaction(insert)
        assert.deepStrictEqual(yield* read(sql`SELECT n FROM notes`), [{ n: 1 }])
      }))
  }

  it.scoped("a fiber that outlives its snapshot cannot read in the next one", () =>
    Effect.gen(function*() {
      const { readSnapshot, sql } = yield* opened
      const go = yield* Deferred.make<void>()
      const late = yield* readSnapshot(
        Effect.forkDaemon(Effect.zipRight(Deferred.await(go), Effect.exit(sql`SELECT n FROM notes`)))
      )
      yield* Deferred.succeed(go, undefined)
      assert.include(defectOf(yield* Fiber.join(late)), "after the end of its transaction")
    }))

  it.scoped("a reader of its own sees what is committed, and not what is not", () =>
    Effect.gen(function*() {
      const { filename, sql, writeTransaction } = yield* opened
      const reader = yield* SqliteFile.openReader({ filename, store: "database" })
      const seen = reader.execute("SELECT n FROM notes", [], undefined)
      const inside = yield* writeTransaction(Effect.zipRight(sql`INSERT INTO notes VALUES (1)`, seen))
      assert.deepStrictEqual(inside, [])
      assert.deepStrictEqual(yield* seen, [{ n: 1 }])
      const failure = yield* Effect.flip(reader.execute("INSERT INTO notes VALUES (2)", [], undefined))
      assert.propertyVal(failure.cause, "code", "SQLITE_READONLY")
    }))

  it.scoped("a reader of a file that is not there is a typed failure, and makes none", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "data.db")
      const failure = yield* Effect.flip(SqliteFile.openReader({ filename, store: "database" }))
      assert.strictEqual(failure._tag, "Io")
    }))

  it.scoped("integers beyond 2^53 keep their digits with SafeIntegers, whoever ran the statement before", () =>
    Effect.gen(function*() {
      const { readSnapshot, sql, writeTransaction } = yield* opened
      const large = 9007199254740993n
      yield* writeTransaction(sql`INSERT INTO notes VALUES (${large})`)
      const read = sql`SELECT n FROM notes`
      const safe = Effect.provideService(read, SafeIntegers, true)
      for (const rows of [Effect.all([read, safe, read]), readSnapshot(Effect.all([read, safe, read]))]) {
        const [before, exact, after] = yield* rows
        assert.deepStrictEqual(before, [{ n: Number(large) }])
        assert.deepStrictEqual(exact, [{ n: large }])
        assert.deepStrictEqual(after, [{ n: Number(large) }])
      }
    }))
})
