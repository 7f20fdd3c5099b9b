/**
 * A database as offline-first applications have it: documents, and an outbox of their changes.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import Database from "better-sqlite3"
import { Effect } from "effect"
import { randomBytes } from "node:crypto"
import { join } from "node:path"
import type { LocalDatabase } from "../../src/infrastructure/storage/local/LocalDatabase.ts"
import type { Migration } from "../../src/infrastructure/storage/local/Migration.ts"
import * as SqliteLocalDatabase from "../../src/infrastructure/storage/local/SqliteLocalDatabase.ts"

const createDocument = "CREATE TABLE IF NOT EXISTS document (id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT"
const createOutbox =
  "CREATE TABLE IF NOT EXISTS outbox (seq INTEGER PRIMARY KEY, document INTEGER NOT NULL, patch TEXT NOT NULL) STRICT"

const migrations: ReadonlyArray<Migration> = [{
  id: 1,
  name: "create_document",
  run: (sql) => Effect.all([sql.unsafe(createDocument), sql.unsafe(createOutbox)], { discard: true })
}]

export const fileIn = (folder: string) => join(folder, "data.db")

export const layerIn = (folder: string) => SqliteLocalDatabase.layer({ filename: fileIn(folder), migrations })

const documents = 1000
const body = () => randomBytes(100).toString("hex")

/** Another text each time: SQLite writes nothing when nothing changes. */
const bodies = Array.from({ length: 97 }, body)
const bodyOf = (index: number) => bodies[index % bodies.length] ?? ""

const putDocument = "INSERT INTO document (id, body) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body"
const queueChange = "INSERT INTO outbox (document, patch) VALUES (?, ?)"

/** A document and its row in the outbox. */
export const change = (sql: SqlClient, index: number) =>
  Effect.zipRight(
    sql.unsafe(putDocument, [index % documents, bodyOf(index)]),
    sql.unsafe(queueChange, [index % documents, bodyOf(index)])
  )

export const changes = (database: typeof LocalDatabase.Service, first: number, count: number) =>
  database.writeTransaction(
    Effect.forEach(Array.from({ length: count }), (_, index) => change(database.sql, first + index), { discard: true })
  )

/** The driver by itself, with statements that are prepared once. */
export const raw = (folder: string, synchronous: "FULL" | "NORMAL") => {
  const database = new Database(fileIn(folder))
  database.pragma("journal_mode = WAL")
  database.pragma(`synchronous = ${synchronous}`)
  database.exec(createDocument)
  database.exec(createOutbox)
  const put = database.prepare(putDocument)
  const queue = database.prepare(queueChange)
  const write = (first: number, count: number) => {
    for (let index = first; index < first + count; index++) {
      put.run(index % documents, bodyOf(index))
      queue.run(index % documents, bodyOf(index))
    }
  }
  return { database, change: database.transaction(write).immediate }
}
