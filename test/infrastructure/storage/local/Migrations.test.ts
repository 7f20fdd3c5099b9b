import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, TestClock } from "effect"
import * as fs from "node:fs"
import { join } from "node:path"
import type { Migration } from "../../../../src/infrastructure/storage/local/Migration.ts"
import * as MigrationChecksum from "../../../../src/infrastructure/storage/local/MigrationChecksum.ts"
import * as Migrations from "../../../../src/infrastructure/storage/local/Migrations.ts"
import * as SqliteFile from "../../../../src/infrastructure/storage/local/SqliteFile.ts"
import * as SqliteLocalDatabase from "../../../../src/infrastructure/storage/local/SqliteLocalDatabase.ts"
import * as WriteTransaction from "../../../../src/infrastructure/storage/local/WriteTransaction.ts"
import { temporaryFolder } from "../../../support/temporaryFolder.ts"

const step = (
  id: number,
  run: (sql: SqlClient) => Effect.Effect<unknown, SqlError>,
  destructive = false
): Migration => ({
  id,
  name: `step_${id}`,
  run: (sql) => Effect.orDie(Effect.asVoid(run(sql))),
  destructive
})

const notes = step(1, (sql) => sql`CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT) STRICT`)
const colour = step(2, (sql) => sql`ALTER TABLE notes ADD COLUMN colour TEXT`)
const colourless = step(3, (sql) => sql`ALTER TABLE notes DROP COLUMN colour`, true)

const opening = (filename: string, ...migrations: ReadonlyArray<Migration>) =>
  SqliteLocalDatabase.make({ filename, migrations })

/** Opens it, writes what `change` says, and closes it. */
const made = (
  filename: string,
  migrations: ReadonlyArray<Migration>,
  change: (sql: SqlClient) => Effect.Effect<unknown, SqlError> = () => Effect.void
) => Effect.scoped(Effect.flatMap(opening(filename, ...migrations), ({ sql }) => change(sql)))

const refused = (filename: string, ...migrations: ReadonlyArray<Migration>) =>
  Effect.gen(function*() {
    const before = fs.readFileSync(filename)
    const failure = yield* Effect.flip(Effect.scoped(opening(filename, ...migrations)))
    assert.isTrue(before.equals(fs.readFileSync(filename)), "the file was changed")
    return failure
  })

describe("a migration's checksum", () => {
  const of = (run: (sql: SqlClient) => Effect.Effect<unknown, SqlError>) =>
    Effect.map(MigrationChecksum.ofAll([step(1, run)]), ([checksum = ""]) => checksum)

  it.effect("is the same however it is laid out and named, and another when it does something else", () =>
    Effect.gen(function*() {
      const checksum = yield* of((sql) => sql`CREATE TABLE a (b TEXT)`)
      assert.match(checksum, /^[0-9a-f]{64}$/)
      assert.strictEqual(yield* of((sql) => sql`\n  CREATE TABLE a\n    (b TEXT)\n`), checksum)
      assert.notStrictEqual(yield* of((sql) => sql`CREATE TABLE a (b INTEGER)`), checksum)
      assert.notStrictEqual(
        yield* of((sql) => Effect.zip(sql`CREATE TABLE a (b TEXT)`, sql`CREATE TABLE c (d TEXT)`)),
        checksum
      )
    }))

  it.effect("is there for one that takes a row for granted, and changes nothing to get it", () =>
    Effect.gen(function*() {
      const granted = yield* of((sql) =>
        Effect.flatMap(
          sql`SELECT text FROM notes`,
          ([row]) => row === undefined ? Effect.dieMessage("bug") : sql`DELETE FROM notes WHERE text = ${row["text"]}`
        )
      )
      assert.strictEqual(granted, yield* of((sql) => sql`SELECT text FROM notes`))
    }))
})

describe("Migrations", () => {
  it.scoped("a released step that was changed is told from the one that the file has", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "data.db")
      yield* made(filename, [notes, colour])
      const changed = step(2, (sql) => sql`ALTER TABLE notes ADD COLUMN colour TEXT DEFAULT 'red'`)
      const failure = yield* refused(filename, notes, changed)
      assert.strictEqual(failure._tag, "Unrecognized")
      assert.strictEqual(
        failure.message,
        "The database was not made by this application and was left untouched (migrate)"
      )
      yield* made(filename, [notes, { ...colour, name: "renamed" }])
    }))

  it.scoped("a file with a gap in its steps is refused", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "data.db")
      yield* made(filename, [notes, colour, colourless], (sql) => sql`DELETE FROM migrations WHERE id = 2`)
      assert.strictEqual((yield* refused(filename, notes, colour, colourless))._tag, "Unrecognized")
    }))

  it.scoped("a file that is newer is refused as such, also when its steps differ", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "data.db")
      yield* made(filename, [notes, colour])
      assert.strictEqual((yield* refused(filename, step(1, (sql) => sql`SELECT 1`)))._tag, "NewerThanApp")
    }))

  it.scoped("a file of another application is refused, in its own journal mode, whether it is marked or not", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const marked = join(folder, "marked.db")
      yield* made(marked, [notes], (sql) => sql.unsafe("PRAGMA application_id = 12345"))
      assert.strictEqual((yield* refused(marked, notes))._tag, "Unrecognized")
      const unmarked = join(folder, "unmarked.db")
      yield* made(unmarked, [notes], (sql) =>
        Effect.all([
          sql`DROP TABLE migrations`,
          sql.unsafe("PRAGMA application_id = 0"),
          sql.unsafe("PRAGMA journal_mode = DELETE")
        ]))
      assert.strictEqual((yield* refused(unmarked, notes))._tag, "Unrecognized")
      const namesake = join(folder, "namesake.db")
      yield* made(namesake, [notes], (sql) =>
        Effect.all([
          sql`DROP TABLE migrations`,
          sql`CREATE TABLE migrations (id INTEGER PRIMARY KEY, timestamp INTEGER, name TEXT)`,
          sql.unsafe("PRAGMA application_id = 0"),
          sql.unsafe("PRAGMA journal_mode = DELETE")
        ]))
      assert.strictEqual((yield* refused(namesake, notes))._tag, "Unrecognized")
    }))

  it.scoped("a file from before checksums gets them, and is held to them from then on", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "data.db")
      yield* made(filename, [notes, colour], (sql) =>
        Effect.all([
          sql`ALTER TABLE migrations DROP COLUMN checksum`,
          sql.unsafe("PRAGMA application_id = 0")
        ]))
      yield* made(filename, [notes, colour], (sql) =>
        Effect.gen(function*() {
          const checksums = yield* MigrationChecksum.ofAll([notes, colour])
          assert.deepStrictEqual(
            yield* sql`SELECT checksum FROM migrations ORDER BY id`,
            checksums.map((checksum) => ({ checksum }))
          )
          assert.deepStrictEqual(yield* sql`PRAGMA application_id`, [
            { application_id: SqliteLocalDatabase.applicationId }
          ])
        }))
      assert.strictEqual((yield* refused(filename, notes, step(2, (sql) => sql`SELECT 1`)))._tag, "Unrecognized")
    }))

  it.scoped("a table can be made anew without taking its rows' children along", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "data.db")
      const lines = step(2, (sql) =>
        sql`CREATE TABLE lines (note INTEGER NOT NULL REFERENCES notes (id) ON DELETE CASCADE) STRICT`)
      yield* made(filename, [notes, lines], (sql) =>
        Effect.zip(sql`INSERT INTO notes VALUES (1, 'a')`, sql`INSERT INTO lines VALUES (1)`))
      const anew = step(3, (sql) =>
        Effect.all([
          sql`CREATE TABLE notes_new (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT`,
          sql`INSERT INTO notes_new SELECT id, text FROM notes`,
          sql`DROP TABLE notes`,
          sql`ALTER TABLE notes_new RENAME TO notes`
        ]))
      const { sql } = yield* opening(filename, notes, lines, anew)
      assert.deepStrictEqual(yield* sql`SELECT note FROM lines`, [{ note: 1 }])
      assert.deepStrictEqual(yield* sql`PRAGMA foreign_keys`, [{ foreign_keys: 1 }])
    }))

  it.scoped("one that leaves rows without their parents is a bug, and takes everything back", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "data.db")
      const lines = step(2, (sql) =>
        Effect.zip(
          sql`CREATE TABLE lines (note INTEGER NOT NULL REFERENCES notes (id)) STRICT`,
          sql`INSERT INTO lines VALUES (404)`
        ))
      yield* made(filename, [notes])
      const exit = yield* Effect.exit(Effect.scoped(opening(filename, notes, lines)))
      assert.isTrue(Exit.isFailure(exit) && exit.cause._tag === "Die")
      const { sql } = yield* opening(filename, notes)
      assert.deepStrictEqual(yield* sql`SELECT name FROM sqlite_schema WHERE name = 'lines'`, [])
    }))
})

const copiesIn = (folder: string) => fs.readdirSync(folder).filter((name) => name.includes(".before-migration-"))

describe("a migration that destroys", () => {
  it.scoped("leaves a copy of the file as it was, for its owner only", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const filename = join(folder, "data.db")
      yield* TestClock.setTime(7)
      yield* made(filename, [notes, colour], (sql) => sql`INSERT INTO notes VALUES (1, 'a', 'red')`)
      assert.deepStrictEqual(copiesIn(folder), [])
      yield* made(filename, [notes, colour, colourless])
      yield* made(filename, [notes, colour, colourless])
      assert.deepStrictEqual(copiesIn(folder), ["data.db.before-migration-3-7"])
      const copy = join(folder, "data.db.before-migration-3-7")
      assert.strictEqual(fs.statSync(copy).mode & 0o777, 0o600)
      const { sql } = yield* opening(copy, notes, colour)
      assert.deepStrictEqual(yield* sql`SELECT * FROM notes`, [{ id: 1, text: "a", colour: "red" }])
    }))

  it.scoped("is copied when nobody else can write any more, and its transaction has written nothing", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "data.db")
      yield* made(filename, [notes, colour], (sql) => sql`INSERT INTO notes VALUES (1, 'a', 'red')`)
      const file = { filename, store: "database", journalMode: "WAL", synchronous: "FULL" } as const
      const own = yield* SqliteFile.open(file)
      const other = yield* SqliteFile.open(file)
      const copied: Array<unknown> = []
      const backup = (id: number) =>
        Effect.gen(function*() {
          const found = yield* other.sql`SELECT id, text, colour FROM notes`
          const writing = yield* Effect.either(other.sql`INSERT INTO notes VALUES (2, 'late', 'red')`)
          copied.push(id, found, writing._tag)
        })
      const { transact } = WriteTransaction.make({
        ...own,
        ...file,
        deadline: "1 second",
        verify: Effect.void,
        committed: Effect.void
      })
      const applicationId = SqliteLocalDatabase.applicationId
      const migrations = [notes, colour, colourless]
      yield* Migrations.run({ sql: own.sql, store: "database", migrations, applicationId, backup, transact })
      assert.deepStrictEqual(copied, [3, [{ id: 1, text: "a", colour: "red" }], "Left"])
    }))

  it.scoped("keeps the newest two copies, and none of a new file", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const filename = join(folder, "data.db")
      const wipe = (id: number) => step(id, (sql) => sql`DELETE FROM notes`, true)
      const all = [notes, wipe(2), wipe(3), wipe(4), wipe(5)]
      fs.writeFileSync(join(folder, "data.db.before-migration-mine"), "")
      yield* made(join(folder, "new.db"), all)
      for (let count = 1; count <= all.length; count += 1) {
        yield* TestClock.adjust("1 hour")
        yield* made(filename, all.slice(0, count))
      }
      assert.deepStrictEqual(copiesIn(folder), [
        "data.db.before-migration-4-14400000",
        "data.db.before-migration-5-18000000",
        "data.db.before-migration-mine"
      ])
    }))

  it.scoped("does not run when the copy cannot be made", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const filename = join(folder, "data.db")
      yield* made(filename, [notes, colour], (sql) =>
        Effect.forEach(Array.from({ length: 100 }), () =>
          sql`INSERT INTO notes (text) VALUES (${"x".repeat(900)})`))
      const root = yield* Effect.scoped(Effect.flatMap(opening(filename, notes, colour), ({ sql }) =>
        sql<{ readonly page: number }>`SELECT rootpage AS page FROM sqlite_schema WHERE name = 'notes'`))
      const page = 4096 * ((root[0]?.page ?? 0) - 1)
      fs.writeFileSync(filename, fs.readFileSync(filename).fill(0xAB, page, page + 4096))
      assert.strictEqual((yield* refused(filename, notes, colour, colourless))._tag, "Corrupt")
      assert.deepStrictEqual(
        fs.readdirSync(folder).filter((name) =>
          name.endsWith(".tmp")
        ),
        []
      )
    }))
})
