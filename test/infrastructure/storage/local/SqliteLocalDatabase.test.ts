import type { SqlClient } from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Layer, Scope, TestClock } from "effect"
import * as fs from "node:fs"
import { join } from "node:path"
import { LocalDatabase } from "../../../../src/infrastructure/storage/local/LocalDatabase.ts"
import * as SqliteLocalDatabase from "../../../../src/infrastructure/storage/local/SqliteLocalDatabase.ts"
import * as LocalDatabaseContract from "../../../../src/testing/contract/LocalDatabaseContract.ts"
import { suite } from "../../../../src/testing/vitest.ts"
import { temporaryFolder } from "../../../support/temporaryFolder.ts"

const contract = { migrations: [LocalDatabaseContract.migration], live: ["item"] }

suite(
  LocalDatabaseContract.contract,
  "sqlite in memory",
  SqliteLocalDatabase.layer({ filename: ":memory:", ...contract })
)

suite(
  LocalDatabaseContract.contract,
  "sqlite file",
  Layer.unwrapScoped(
    Effect.map(
      temporaryFolder,
      (folder) => SqliteLocalDatabase.layer({ filename: join(folder, "data.db"), ...contract })
    )
  )
)

const createNotes = { id: 1, name: "create_notes", run: (sql: SqlClient) => sql`CREATE TABLE notes (text TEXT) STRICT` }
const addColour = { id: 2, name: "add_colour", run: (sql: SqlClient) => sql`ALTER TABLE notes ADD COLUMN colour TEXT` }

const count = ({ read, sql }: typeof LocalDatabase.Service) =>
  Effect.map(read(sql`SELECT * FROM notes`), (rows) => rows.length)

const add = ({ sql }: typeof LocalDatabase.Service) => sql`INSERT INTO notes VALUES ('a')`

describe("SqliteLocalDatabase", () => {
  it.scoped("folder and files belong to their owner alone", () =>
    Effect.gen(function*() {
      const folder = join(yield* temporaryFolder, "nested", "data")
      const database = yield* SqliteLocalDatabase.make({ filename: join(folder, "data.db"), migrations: [createNotes] })
      yield* database.writeTransaction(database.sql`INSERT INTO notes VALUES ('a')`)
      assert.strictEqual(fs.statSync(folder).mode & 0o777, 0o700)
      const files = fs.readdirSync(folder)
      assert.includeMembers(files, ["data.db", "data.db-wal"])
      for (const file of files) assert.strictEqual(fs.statSync(join(folder, file)).mode & 0o777, 0o600)
    }))

  it.scoped("a commit is written through to the disk", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "data.db")
      const { sql } = yield* SqliteLocalDatabase.make({ filename, migrations: [createNotes] })
      assert.deepStrictEqual(yield* sql`PRAGMA synchronous`, [{ synchronous: 2 }])
      assert.deepStrictEqual(yield* sql`PRAGMA journal_mode`, [{ journal_mode: "wal" }])
      assert.deepStrictEqual(yield* sql`PRAGMA foreign_keys`, [{ foreign_keys: 1 }])
    }))

  it.scoped("migrations run once, in order, and are recorded with their time", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "data.db")
      yield* TestClock.setTime(5000)
      yield* Effect.scoped(SqliteLocalDatabase.make({ filename, migrations: [createNotes] }))
      yield* TestClock.setTime(9000)
      const { sql } = yield* SqliteLocalDatabase.make({ filename, migrations: [createNotes, addColour] })
      assert.deepStrictEqual(yield* sql`SELECT id, name, applied_at FROM migrations`, [
        { id: 1, name: "create_notes", applied_at: 5000 },
        { id: 2, name: "add_colour", applied_at: 9000 }
      ])
      yield* sql`INSERT INTO notes (text, colour) VALUES ('a', 'red')`
    }))

  it.scoped("a migration that fails leaves the file as it was", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "data.db")
      const broken = { id: 2, name: "broken", run: (sql: SqlClient) => sql`ALTER TABLE missing ADD COLUMN a` }
      const exit = yield* Effect.exit(
        Effect.scoped(SqliteLocalDatabase.make({ filename, migrations: [createNotes, broken] }))
      )
      assert.isTrue(Exit.isFailure(exit) && exit.cause._tag === "Die")
      const { sql } = yield* SqliteLocalDatabase.make({ filename, migrations: [] })
      assert.deepStrictEqual(yield* sql`SELECT name FROM sqlite_schema WHERE name = 'notes'`, [])
    }))

  it.scoped("a file of a newer version is refused and not touched", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "data.db")
      yield* Effect.scoped(SqliteLocalDatabase.make({ filename, migrations: [createNotes, addColour] }))
      const before = fs.readFileSync(filename)
      const failure = yield* Effect.flip(
        Effect.scoped(SqliteLocalDatabase.make({ filename, migrations: [createNotes] }))
      )
      assert.strictEqual(failure._tag, "NewerThanApp")
      assert.isTrue(before.equals(fs.readFileSync(filename)))
    }))

  it.scoped("migrations that are not numbered consecutively are a bug", () =>
    Effect.gen(function*() {
      const exit = yield* Effect.exit(SqliteLocalDatabase.make({ filename: ":memory:", migrations: [addColour] }))
      assert.isTrue(Exit.isFailure(exit) && exit.cause._tag === "Die")
    }))

  it.scoped("a file that is not a database is typed and left untouched", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "data.db")
      const content = "this is no database, but it may be somebody's only copy of something".repeat(100)
      fs.writeFileSync(filename, content)
      const failure = yield* Effect.flip(SqliteLocalDatabase.make({ filename, migrations: [createNotes] }))
      assert.strictEqual(failure._tag, "Corrupt")
      assert.strictEqual(failure.message, "The database is damaged and was left untouched (open)")
      assert.strictEqual(fs.readFileSync(filename, "utf8"), content)
    }))

  it.scoped("a damaged page is typed", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "data.db")
      yield* Effect.scoped(Effect.gen(function*() {
        const { sql, writeTransaction } = yield* SqliteLocalDatabase.make({ filename, migrations: [createNotes] })
        yield* writeTransaction(
          Effect.forEach(Array.from({ length: 500 }), () => sql`INSERT INTO notes VALUES (${"x".repeat(500)})`)
        )
      }))
      const bytes = fs.readFileSync(filename)
      fs.writeFileSync(filename, bytes.fill(0xAB, 4096 * 3))
      const { read, sql } = yield* SqliteLocalDatabase.make({ filename, migrations: [createNotes] })
      const failure = yield* Effect.flip(read(sql`SELECT count(*), max(text) FROM notes`))
      assert.strictEqual(failure._tag, "Corrupt")
    }))

  it.scoped("a full database is typed, changes nothing and goes on working", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "data.db")
      const { sql, writeTransaction } = yield* SqliteLocalDatabase.make({ filename, migrations: [createNotes] })
      yield* sql`PRAGMA max_page_count = 20`
      yield* writeTransaction(sql`INSERT INTO notes VALUES ('first')`)
      const failure = yield* Effect.flip(
        writeTransaction(
          Effect.forEach(Array.from({ length: 100 }), () => sql`INSERT INTO notes VALUES (${"x".repeat(4000)})`)
        )
      )
      assert.strictEqual(failure._tag, "Full")
      assert.deepStrictEqual(yield* sql`SELECT text FROM notes`, [{ text: "first" }])
      yield* writeTransaction(sql`INSERT INTO notes VALUES ('second')`)
      assert.deepStrictEqual(yield* sql`SELECT text FROM notes`, [{ text: "first" }, { text: "second" }])
    }))

  it.scoped("a folder that cannot be made is typed", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      fs.writeFileSync(join(folder, "file"), "")
      const failure = yield* Effect.flip(
        SqliteLocalDatabase.make({ filename: join(folder, "file", "data.db"), migrations: [] })
      )
      assert.strictEqual(failure._tag, "Io")
    }))

  it.scoped("a write waits for another writer of the file, while reads go on", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "data.db")
      const other = yield* SqliteLocalDatabase.make({ filename, migrations: [createNotes] })
      const database = yield* SqliteLocalDatabase.make({ filename, migrations: [createNotes] })
      const holding = yield* Deferred.make<void>()
      const finish = yield* Deferred.make<void>()
      const foreign = yield* Effect.fork(other.writeTransaction(
        Effect.zipRight(Deferred.succeed(holding, undefined), Deferred.await(finish))
      ))
      yield* Deferred.await(holding)
      const write = yield* Effect.fork(database.writeTransaction(database.sql`INSERT INTO notes VALUES ('a')`))
      yield* TestClock.adjust("4 seconds")
      assert.deepStrictEqual(yield* database.read(database.sql`SELECT * FROM notes`), [])
      yield* Deferred.succeed(finish, undefined)
      yield* Fiber.join(foreign)
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(write)
      assert.deepStrictEqual(yield* other.read(other.sql`SELECT * FROM notes`), [{ text: "a" }])
    }))

  it.scoped("a write is given up with Busy after 5 seconds and changes nothing", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "data.db")
      const other = yield* SqliteLocalDatabase.make({ filename, migrations: [createNotes] })
      const database = yield* SqliteLocalDatabase.make({ filename, migrations: [createNotes] })
      const holding = yield* Deferred.make<void>()
      const foreign = yield* Effect.fork(other.writeTransaction(
        Effect.zipRight(Deferred.succeed(holding, undefined), Effect.never)
      ))
      yield* Deferred.await(holding)
      const write = yield* Effect.fork(database.writeTransaction(database.sql`INSERT INTO notes VALUES ('a')`))
      yield* TestClock.adjust("6 seconds")
      assert.strictEqual((yield* Effect.flip(Fiber.join(write)))._tag, "Busy")
      yield* Fiber.interrupt(foreign)
      assert.deepStrictEqual(yield* database.read(database.sql`SELECT * FROM notes`), [])
    }))

  it.scoped("statements inside another file's transaction go to their own file", () =>
    Effect.gen(function*() {
      const outer = yield* SqliteLocalDatabase.make({ filename: ":memory:", migrations: [createNotes] })
      const inner = yield* SqliteLocalDatabase.make({ filename: ":memory:", migrations: [createNotes] })
      yield* outer.writeTransaction(inner.writeTransaction(inner.sql`INSERT INTO notes VALUES ('inner')`))
      const seen = yield* outer.writeTransaction(inner.read(inner.sql`SELECT * FROM notes`))
      assert.deepStrictEqual(seen, [{ text: "inner" }])
      yield* outer.writeTransaction(inner.sql`INSERT INTO notes VALUES ('alone')`)
      yield* outer.readSnapshot(inner.sql`INSERT INTO notes VALUES ('beside')`)
      assert.deepStrictEqual(yield* outer.read(outer.sql`SELECT * FROM notes`), [])
      assert.lengthOf(yield* inner.sql`SELECT * FROM notes`, 3)
    }))

  it.scoped("a statement is part of its own file's transaction, whatever other files' are between them", () =>
    Effect.gen(function*() {
      const one = yield* SqliteLocalDatabase.make({ filename: ":memory:", migrations: [createNotes] })
      const other = yield* SqliteLocalDatabase.make({ filename: ":memory:", migrations: [createNotes] })
      const inside = Effect.all([
        add(one),
        one.read(add(other)),
        one.writeTransaction(add(one)),
        one.readSnapshot(count(one)),
        count(other)
      ])
      const undone = one.writeTransaction(Effect.zipRight(other.writeTransaction(inside), Effect.fail("no")))
      assert.strictEqual(yield* Effect.flip(undone), "no")
      assert.strictEqual(yield* count(one), 0)
      assert.strictEqual(yield* count(other), 1)
      const seen = yield* one.writeTransaction(other.writeTransaction(inside))
      assert.deepStrictEqual(seen.slice(-2), [2, 2])
      assert.strictEqual(yield* count(one), 2)
    }))

  it.scoped("a fiber that outlives its transaction cannot write into the next one", () =>
    Effect.gen(function*() {
      const { read, sql, writeTransaction } = yield* SqliteLocalDatabase.make({
        filename: ":memory:",
        migrations: [createNotes]
      })
      const go = yield* Deferred.make<void>()
      const late = yield* writeTransaction(
        Effect.forkDaemon(Effect.zipRight(
          Deferred.await(go),
          Effect.all([
            Effect.exit(sql`INSERT INTO notes VALUES ('stray')`),
            Effect.exit(writeTransaction(sql`INSERT INTO notes VALUES ('late')`))
          ])
        ))
      )
      yield* Deferred.succeed(go, undefined)
      const [stray, inTransaction] = yield* Fiber.join(late)
      assert.isTrue(Exit.isFailure(stray))
      assert.isTrue(Exit.isSuccess(inTransaction))
      assert.deepStrictEqual(yield* read(sql`SELECT * FROM notes`), [{ text: "late" }])
    }))

  it.scoped("a scope of the caller stays open after the transaction", () =>
    Effect.gen(function*() {
      const { writeTransaction } = yield* SqliteLocalDatabase.make({ filename: ":memory:", migrations: [] })
      let closed = false
      const scope = yield* Scope.make()
      yield* Scope.extend(
        writeTransaction(Effect.addFinalizer(() => Effect.sync(() => void (closed = true)))),
        scope
      )
      assert.isFalse(closed)
      yield* Scope.close(scope, Exit.void)
      assert.isTrue(closed)
    }))

  it.scoped("what is committed is there after the file was closed and opened again", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "data.db")
      const layer = SqliteLocalDatabase.layer({ filename, migrations: [createNotes] })
      yield* Effect.flatMap(LocalDatabase, ({ sql, writeTransaction }) =>
        writeTransaction(sql`INSERT INTO notes VALUES ('a')`)).pipe(Effect.provide(layer))
      const rows = yield* Effect.flatMap(LocalDatabase, ({ read, sql }) =>
        read(sql`SELECT * FROM notes`)).pipe(
          Effect.provide(layer)
        )
      assert.deepStrictEqual(rows, [{ text: "a" }])
    }))
})
