/**
 * A notes-like database of one table and one text, and its maintenance, in a folder of its own.
 */
import { Effect, Either, Layer, Option } from "effect"
import * as fs from "node:fs"
import { join } from "node:path"
import { DatabaseMaintenance } from "../../../../src/domain/operations/DatabaseMaintenance.ts"
import type { Migration } from "../../../../src/infrastructure/storage/local/Migration.ts"
import * as SqliteDatabaseMaintenance from "../../../../src/infrastructure/storage/local/SqliteDatabaseMaintenance.ts"
import * as SqliteLocalDatabase from "../../../../src/infrastructure/storage/local/SqliteLocalDatabase.ts"
import * as SqliteProcessLock from "../../../../src/infrastructure/storage/local/SqliteProcessLock.ts"
import { DatabaseUnderTest } from "../../../../src/testing/contract/DatabaseMaintenanceContract.ts"
import { temporaryFolder } from "../../../support/temporaryFolder.ts"

export const migrations: ReadonlyArray<Migration> = [
  { id: 1, name: "create_text", run: (sql) => Effect.asVoid(sql`CREATE TABLE text (content TEXT NOT NULL) STRICT`) },
  { id: 2, name: "create_index", run: (sql) => Effect.asVoid(sql`CREATE INDEX text_content ON text (content)`) }
]

const newer: Migration = { id: 3, name: "create_more", run: (sql) => Effect.asVoid(sql`CREATE TABLE more (a) `) }

/** Rows of the one text: the file has pages to break. */
export const rows = 400

export const open = (filename: string, steps = migrations) => SqliteLocalDatabase.make({ filename, migrations: steps })

export const write = (filename: string, text: string) =>
  Effect.scoped(Effect.gen(function*() {
    const { sql, writeTransaction } = yield* open(filename)
    yield* writeTransaction(Effect.gen(function*() {
      yield* sql`DELETE FROM text`
      yield* Effect.forEach(Array.from({ length: rows }), () => sql`INSERT INTO text VALUES (${text})`)
    }))
  }))

export const read = (filename: string) =>
  Effect.scoped(Effect.gen(function*() {
    if (!fs.existsSync(filename)) return Option.none<string>()
    const { read: run, sql } = yield* open(filename)
    const found = yield* run(sql<{ readonly content: string; readonly count: number }>`
      SELECT content, count(*) AS count FROM text GROUP BY content
    `)
    const [only] = found
    return found.length === 1 && only?.count === rows ? Option.some(only.content) : Option.some(`${found.length} texts`)
  }))

/** Overwrites the middle of the file, which is pages of rows and of the index. */
export const damage = (filename: string) => {
  const bytes = fs.readFileSync(filename)
  fs.writeFileSync(filename, bytes.fill(0xAB, 4096 * 4, bytes.length - 4096))
}

export const filenameIn = (folder: string) => join(folder, "data", "strata.db")

/** Over `folder`, without what the contract needs. */
export const maintenanceIn = (folder: string) =>
  SqliteDatabaseMaintenance.layer({ filename: filenameIn(folder), migrations }).pipe(
    Layer.provide(SqliteProcessLock.layer({ folder: join(folder, "locks") }))
  )

const underTest = (folder: string) => {
  const filename = filenameIn(folder)
  return Layer.succeed(DatabaseUnderTest, {
    write: (text) => Effect.orDie(write(filename, text)),
    read: Effect.orDie(read(filename)),
    use: Effect.orDie(Effect.asVoid(open(filename))),
    damage: Effect.sync(() => damage(filename)),
    upgrade: Effect.orDie(Effect.scoped(Effect.asVoid(open(filename, [...migrations, newer])))),
    path: (name) => join(folder, name),
    putRubbish: (path) => Effect.sync(() => fs.writeFileSync(path, "not a database ".repeat(1000)))
  })
}

export const layer: Layer.Layer<DatabaseMaintenance | DatabaseUnderTest> = Layer.unwrapScoped(
  Effect.map(temporaryFolder, (folder) => Layer.merge(maintenanceIn(folder), underTest(folder)))
)

/** A database with the text `first` in a folder of its own. */
export const made = Effect.gen(function*() {
  const folder = yield* temporaryFolder
  const file = filenameIn(folder)
  yield* write(file, "first")
  const maintenance = yield* Effect.provide(DatabaseMaintenance, maintenanceIn(folder))
  return { folder, file, ...maintenance }
})

export const tagOf = <A, E extends { readonly _tag: string }, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.either(effect), (result) => (Either.isLeft(result) ? result.left._tag : "success"))
