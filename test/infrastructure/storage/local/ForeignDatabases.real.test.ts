import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import * as fs from "node:fs"
import { join } from "node:path"
import * as SqliteConnection from "../../../../src/infrastructure/storage/local/SqliteConnection.ts"
import { made, open, read, tagOf, write } from "./DatabaseUnderTest.ts"

/** Beside `file`: a log of another application's file, as a killed one leaves it. */
const putForeignLog = (file: string, folder: string) =>
  Effect.scoped(Effect.gen(function*() {
    const other = join(folder, "foreign.db")
    const { executeUnprepared } = yield* SqliteConnection.open({ filename: other, readonly: false })
    for (const statement of ["PRAGMA journal_mode = WAL", "CREATE TABLE other (x)"]) {
      yield* executeUnprepared(statement, [], undefined)
    }
    fs.copyFileSync(`${other}-wal`, `${file}-wal`)
  }))

describe("SqliteDatabaseMaintenance beside another application's log", () => {
  it.scopedLive("what is kept is byte for byte what was there", () =>
    Effect.gen(function*() {
      const { backup, file, folder, quarantine, restore } = yield* made
      yield* backup(join(folder, "copy"))
      yield* putForeignLog(file, folder)
      const before = ["", "-wal"].map((suffix) => fs.readFileSync(file + suffix))
      const { previous } = yield* restore(join(folder, "copy"))
      for (const suffix of ["", "-wal"]) fs.copyFileSync(Option.getOrThrow(previous) + suffix, file + suffix)
      const aside = yield* quarantine
      for (const kept of [previous, aside]) {
        for (const [index, suffix] of ["", "-wal"].entries()) {
          assert.isTrue(before[index]?.equals(fs.readFileSync(Option.getOrThrow(kept) + suffix)), suffix)
        }
      }
    }))
})

describe("SqliteDatabaseMaintenance and what another application made", () => {
  it.scopedLive("its database, or its log, is told by check and is not copied", () =>
    Effect.gen(function*() {
      const { backup, check, file, folder } = yield* made
      const refused = Effect.gen(function*() {
        const before = fs.readFileSync(file)
        const { advice, problems, version } = yield* check
        assert.deepStrictEqual([advice.length, problems, version], [1, [], 0])
        assert.strictEqual(yield* tagOf(backup(join(folder, "copy"))), "Unrecognized")
        assert.isFalse(fs.existsSync(join(folder, "copy")))
        assert.isTrue(before.equals(fs.readFileSync(file)))
      })
      yield* putForeignLog(file, folder)
      yield* refused
      for (const table of ["other (x)", "migrations (id INTEGER, batch INTEGER)"]) {
        for (const suffix of ["", "-wal", "-shm"]) fs.rmSync(file + suffix, { force: true })
        yield* Effect.scoped(
          Effect.flatMap(
            SqliteConnection.open({ filename: file, readonly: false }),
            (connection) => connection.executeUnprepared(`CREATE TABLE ${table}`, [], undefined)
          )
        )
        yield* refused
      }
    }))
})

describe("SqliteDatabaseMaintenance and what is not this application's", () => {
  it.scopedLive("another program's database is told by its marks, its migrations and their statements", () =>
    Effect.gen(function*() {
      const { check, file, folder, restore } = yield* made
      const other = join(folder, "other.db")
      const refused = (changes: string) =>
        Effect.gen(function*() {
          yield* write(other, "other")
          yield* Effect.scoped(Effect.flatMap(open(other), ({ sql }) => sql.unsafe(changes)))
          const tag = yield* tagOf(restore(other))
          for (const suffix of ["", "-wal", "-shm"]) fs.rmSync(other + suffix, { force: true })
          return tag
        })
      for (
        const changes of [
          "PRAGMA application_id = 7",
          "UPDATE migrations SET checksum = 'another' WHERE id = 1",
          "UPDATE migrations SET name = 'another', checksum = NULL WHERE id = 2",
          "DELETE FROM migrations WHERE id = 1",
          "DROP TABLE migrations"
        ]
      ) assert.strictEqual(yield* refused(changes), "InvalidBackup", changes)
      assert.strictEqual(yield* refused("UPDATE migrations SET checksum = NULL"), "success")
      assert.deepStrictEqual(yield* read(file), Option.some("other"))
      yield* Effect.scoped(Effect.flatMap(open(file), ({ sql }) => sql.unsafe("PRAGMA application_id = 7")))
      assert.isNotEmpty((yield* check).advice)
    }))

  it.scopedLive("rows whose parents are gone are a problem, and no copy is made of them", () =>
    Effect.gen(function*() {
      const { backup, check, file, folder } = yield* made
      yield* Effect.scoped(Effect.gen(function*() {
        const { sql } = yield* open(file)
        yield* sql`PRAGMA foreign_keys = OFF`
        yield* sql`CREATE TABLE child (parent TEXT REFERENCES migrations (name))`
        yield* sql`CREATE UNIQUE INDEX parents ON migrations (name)`
        yield* sql`INSERT INTO child VALUES ('canary')`
      }))
      const { problems } = yield* check
      assert.match(problems.join(), /rows of child refer to rows of migrations/)
      assert.notInclude(problems.join(), "canary")
      assert.strictEqual(yield* tagOf(backup(join(folder, "copy"))), "Corrupt")
      assert.isFalse(fs.existsSync(join(folder, "copy")))
    }))
})
