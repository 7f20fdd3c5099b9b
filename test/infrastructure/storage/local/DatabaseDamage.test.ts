import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import { join } from "node:path"
import { report } from "../../../../src/cli/FailureReport.ts"
import type { Migration } from "../../../../src/infrastructure/storage/local/Migration.ts"
import * as SqliteLocalDatabase from "../../../../src/infrastructure/storage/local/SqliteLocalDatabase.ts"
import { temporaryFolder } from "../../../support/temporaryFolder.ts"

const createNotes: Migration = {
  id: 1,
  name: "create_notes",
  run: (sql) => Effect.asVoid(sql`CREATE TABLE notes (text TEXT) STRICT`)
}

const open = (filename: string) => SqliteLocalDatabase.make({ filename, migrations: [createNotes] })

const pageSize = 4096

/** A sound file of some 60 pages, closed, and the first page of its table. */
const sound = (filename: string) =>
  Effect.scoped(Effect.gen(function*() {
    const { sql, writeTransaction } = yield* open(filename)
    yield* writeTransaction(
      Effect.forEach(Array.from({ length: 500 }), () => sql`INSERT INTO notes VALUES (${"x".repeat(450)})`)
    )
    const [row] = yield* sql<{ readonly page: number }>`SELECT rootpage AS page FROM sqlite_schema WHERE name = 'notes'`
    return row?.page ?? 0
  }))

const readAll = (filename: string) =>
  Effect.scoped(Effect.flatMap(open(filename), ({ read, sql }) => read(sql`SELECT count(*), max(text) FROM notes`)))

/** Damages a sound file and gives how reading it fails, and whether its bytes are still those. */
const damaged = (damage: (bytes: Buffer, rootPage: number) => Uint8Array) =>
  Effect.gen(function*() {
    const filename = join(yield* temporaryFolder, "data.db")
    const rootPage = yield* sound(filename)
    const bytes = damage(fs.readFileSync(filename), rootPage)
    fs.writeFileSync(filename, bytes)
    const failure = yield* Effect.flip(readAll(filename))
    assert.isTrue(fs.readFileSync(filename).equals(bytes), "the damaged file was changed")
    assert.strictEqual(fs.statSync(`${filename}-wal`, { throwIfNoEntry: false })?.size ?? 0, 0)
    return failure
  })

const page = (number: number) => [(number - 1) * pageSize, number * pageSize] as const

describe("a damaged database", () => {
  const damages: Readonly<Record<string, (bytes: Buffer, rootPage: number) => Uint8Array>> = {
    "something else than a database": () => Buffer.from("somebody's only copy of something".repeat(500)),
    "a header of garbage": (bytes) => bytes.fill(0xAB, 0, 100),
    "a first page of zeros": (bytes) => bytes.fill(0, ...page(1)),
    "half a file": (bytes) => bytes.subarray(0, Math.floor(bytes.length / 2)),
    "a few bytes": (bytes) => bytes.subarray(0, 700),
    "a page of zeros": (bytes, rootPage) => bytes.fill(0, ...page(rootPage)),
    "a page of garbage": (bytes, rootPage) => bytes.fill(0xAB, ...page(rootPage))
  }
  for (const [name, damage] of Object.entries(damages)) {
    it.scoped(`${name}: Corrupt, left as it is, with a way out`, () =>
      Effect.gen(function*() {
        const failure = yield* damaged(damage)
        assert.strictEqual(failure._tag, "Corrupt")
        const text = report(failure).join("\n")
        for (const way of ["strata db check", "strata db restore", "strata db quarantine"]) assert.include(text, way)
      }))
  }

  it.scoped("another application's: Unrecognized, left as it is, with a way out", () =>
    Effect.gen(function*() {
      const failure = yield* damaged((bytes) =>
        Buffer.concat([bytes.subarray(0, 68), Buffer.from([1, 2, 3, 4]), bytes.subarray(72)])
      )
      assert.strictEqual(failure._tag, "Unrecognized")
      assert.include(report(failure).join("\n"), "strata db quarantine")
    }))

  it.scoped("a file that was cut to nothing while its log was not: Corrupt, and the log is kept", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const filename = join(folder, "data.db")
      yield* Effect.scoped(Effect.gen(function*() {
        const { sql } = yield* open(filename)
        yield* sql`INSERT INTO notes VALUES ('a')`
        fs.copyFileSync(`${filename}-wal`, join(folder, "copy.db-wal"))
      }))
      const copy = join(folder, "copy.db")
      fs.writeFileSync(copy, "")
      const log = fs.readFileSync(`${copy}-wal`)
      assert.strictEqual((yield* Effect.flip(readAll(copy)))._tag, "Corrupt")
      assert.isTrue(fs.readFileSync(`${copy}-wal`).equals(log))
    }))

  it.scoped("an empty file is a new one", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "data.db")
      fs.writeFileSync(filename, "")
      const { sql } = yield* open(filename)
      assert.deepStrictEqual(yield* sql`SELECT * FROM notes`, [])
      assert.deepStrictEqual(yield* sql`PRAGMA auto_vacuum`, [{ auto_vacuum: 2 }])
    }))

  it.scoped("the log of another application's file is not written into this one", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const filename = join(folder, "data.db")
      yield* sound(filename)
      const bytes = fs.readFileSync(filename)
      yield* Effect.scoped(Effect.gen(function*() {
        const { sql } = yield* open(join(folder, "other.db"))
        yield* sql.unsafe("PRAGMA application_id = 7")
        yield* sql`INSERT INTO notes VALUES ('other')`
        fs.copyFileSync(join(folder, "other.db-wal"), `${filename}-wal`)
      }))
      assert.strictEqual((yield* Effect.flip(readAll(filename)))._tag, "Unrecognized")
      assert.isTrue(fs.readFileSync(filename).equals(bytes))
    }))

  it.scoped("a log of garbage is ignored", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "data.db")
      yield* sound(filename)
      fs.writeFileSync(`${filename}-wal`, Buffer.alloc(9000, 0xAB))
      const [row] = yield* readAll(filename)
      assert.propertyVal(row, "count(*)", 500)
    }))

  it.scoped("damage that appears while it is open is typed, and the rest goes on working", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "data.db")
      yield* sound(filename)
      const { readSnapshot, sql, writeTransaction } = yield* open(filename)
      // The first pages stay sound: the schema, and the migrations.
      fs.writeFileSync(filename, fs.readFileSync(filename).fill(0xAB, 20 * pageSize))
      // Its connection has not read them yet; what the other one still has in memory is right.
      assert.strictEqual((yield* Effect.flip(readSnapshot(sql`SELECT max(text) FROM notes`)))._tag, "Corrupt")
      assert.lengthOf(yield* readSnapshot(sql`SELECT id FROM migrations`), 1)
      assert.lengthOf(yield* writeTransaction(sql`SELECT id FROM migrations`), 1)
    }))
})
