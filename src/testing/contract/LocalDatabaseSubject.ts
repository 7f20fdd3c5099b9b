/**
 * What the cases of the `LocalDatabase` contract share: its schema, and ways to write and to look.
 */
import { Effect } from "effect"
import { LocalDatabase } from "../../infrastructure/storage/local/LocalDatabase.ts"
import type { Migration } from "../../infrastructure/storage/local/Migration.ts"
import { contractCase, ensure } from "../Contract.ts"

export const migration: Migration = {
  id: 1,
  name: "create_contract",
  run: (sql) =>
    Effect.gen(function*() {
      yield* sql`CREATE TABLE parent (id INTEGER PRIMARY KEY) STRICT`
      yield* sql`CREATE TABLE filler (content BLOB) STRICT`
      yield* sql`
        CREATE TABLE item (
          id INTEGER PRIMARY KEY,
          name TEXT NOT NULL UNIQUE,
          content BLOB,
          parent INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED
        ) STRICT
      `
    })
}

export const add = (name: string) =>
  Effect.flatMap(LocalDatabase, ({ sql }) => sql`INSERT INTO item (name) VALUES (${name})`)

/** Its deferred foreign key can only fail at COMMIT. */
export const addOrphan = (name: string) =>
  Effect.flatMap(LocalDatabase, ({ sql }) => sql`INSERT INTO item (name, parent) VALUES (${name}, 404)`)

export const names = Effect.gen(function*() {
  const { read, sql } = yield* LocalDatabase
  const rows = yield* read(sql<{ readonly name: string }>`SELECT name FROM item ORDER BY name`)
  return rows.map(({ name }) => name).join()
})

export const hold = (expected: string) =>
  Effect.flatMap(names, (found) => ensure(found === expected, `the table holds "${found}" instead of "${expected}"`))

export const behaviour = <E>(name: string, body: Effect.Effect<void, E, LocalDatabase>) => contractCase(name, body)
