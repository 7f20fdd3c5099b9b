/**
 * What `@effect/sql-sqlite-node` does by itself where `LocalDatabase` does something else (docs/decisions/0003). A test
 * that fails here is good news: something can be taken out of `storage/local`.
 */
import * as Reactivity from "@effect/experimental/Reactivity"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import { SafeIntegers } from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Deferred, Effect, Exit, Fiber } from "effect"
import * as fs from "node:fs"
import { join } from "node:path"
import { temporaryFolder } from "../../../support/temporaryFolder.ts"

const make = (filename: string) =>
  Effect.provideServiceEffect(SqliteClient.make({ filename }), Reactivity.Reactivity, Reactivity.make)

const withTables = Effect.gen(function*() {
  const sql = yield* make(":memory:")
  yield* sql`PRAGMA foreign_keys = ON`
  yield* sql`CREATE TABLE parent (id INTEGER PRIMARY KEY)`
  yield* sql`CREATE TABLE child (n INTEGER, parent INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED)`
  return sql
})

const isDefect = <A, E>(exit: Exit.Exit<A, E>) => Exit.isFailure(exit) && Cause.isDie(exit.cause)

describe("@effect/sql-sqlite-node alone", () => {
  it.scoped("a COMMIT that fails is a defect, and leaves the connection inside the transaction", () =>
    Effect.gen(function*() {
      const sql = yield* withTables
      assert.isTrue(isDefect(yield* Effect.exit(sql.withTransaction(sql`INSERT INTO child VALUES (1, 404)`))))
      yield* sql`INSERT INTO child VALUES (2, NULL)`
      // Nobody would have kept what was just written.
      yield* sql`ROLLBACK`
      assert.deepStrictEqual(yield* sql`SELECT n FROM child`, [])
    }))

  it.scoped("a full database in a transaction is a defect", () =>
    Effect.gen(function*() {
      const sql = yield* withTables
      yield* sql`PRAGMA max_page_count = 10`
      const fill = sql.withTransaction(Effect.replicateEffect(sql`INSERT INTO child VALUES (1, NULL)`, 10_000))
      assert.isTrue(isDefect(yield* Effect.exit(fill)))
    }))

  it.scoped("a file that is no database is a defect", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "data.db")
      fs.writeFileSync(filename, "no database".repeat(100))
      assert.isTrue(isDefect(yield* Effect.exit(make(filename))))
    }))

  it.scoped("a statement that once gave bigint gives it for ever", () =>
    Effect.gen(function*() {
      const sql = yield* withTables
      yield* sql`INSERT INTO child VALUES (1, NULL)`
      const read = sql`SELECT n FROM child`
      assert.deepStrictEqual(yield* read, [{ n: 1 }])
      yield* Effect.provideService(read, SafeIntegers, true)
      assert.deepStrictEqual(yield* read, [{ n: 1n }])
    }))

  it.scoped("a transaction begins without the write lock, so reading first makes it fail at once beside a writer", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "data.db")
      const [one, other] = [yield* make(filename), yield* make(filename)]
      yield* one`CREATE TABLE n (n INTEGER)`
      const wasRead = yield* Deferred.make<void>()
      const wasWritten = yield* Deferred.make<void>()
      const late = yield* Effect.fork(one.withTransaction(Effect.gen(function*() {
        yield* one`SELECT n FROM n`
        yield* Deferred.succeed(wasRead, undefined)
        yield* Deferred.await(wasWritten)
        yield* one`INSERT INTO n VALUES (1)`
      })))
      yield* Deferred.await(wasRead)
      yield* other`INSERT INTO n VALUES (2)`
      yield* Deferred.succeed(wasWritten, undefined)
      const failure = yield* Effect.flip(Fiber.join(late))
      assert.propertyVal(failure.cause, "code", "SQLITE_BUSY_SNAPSHOT")
    }))
})
