/**
 * Entries in a table of a database file of their own, shared by the processes of this machine.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { Effect, Option } from "effect"
import { crc32 } from "node:zlib"
import type { LocalDatabase } from "../local/LocalDatabase.ts"
import type { Migration } from "../local/Migration.ts"
import { bytesOf, defaultBounds } from "./EntryStore.ts"
import type { Bounds, Entry, EntryStore } from "./EntryStore.ts"

/** `id` grows with the age of an entry. `total` is kept by triggers, so that no write has to count. */
const createEntry = (sql: SqlClient) =>
  Effect.all([
    sql`
      CREATE TABLE entry (
        id INTEGER PRIMARY KEY,
        key TEXT NOT NULL UNIQUE,
        value TEXT NOT NULL,
        checksum INTEGER NOT NULL,
        stored_at INTEGER NOT NULL,
        expires_at INTEGER NOT NULL,
        bytes INTEGER NOT NULL
      ) STRICT
    `,
    sql`CREATE INDEX entry_expires_at ON entry (expires_at)`,
    sql`CREATE TABLE total (entries INTEGER NOT NULL, bytes INTEGER NOT NULL) STRICT`,
    sql`INSERT INTO total VALUES (0, 0)`,
    sql`
      CREATE TRIGGER entry_added AFTER INSERT ON entry BEGIN
        UPDATE total SET entries = entries + 1, bytes = bytes + new.bytes;
      END
    `,
    sql`
      CREATE TRIGGER entry_removed AFTER DELETE ON entry BEGIN
        UPDATE total SET entries = entries - 1, bytes = bytes - old.bytes;
      END
    `
  ], { discard: true })

export const migrations: ReadonlyArray<Migration> = [{ id: 1, name: "create_entry", run: createEntry }]

interface Row {
  readonly key: string
  readonly value: string
  readonly checksum: number
  readonly stored_at: number
  readonly expires_at: number
}

interface Total {
  readonly entries: number
  readonly bytes: number
}

export const make = (database: typeof LocalDatabase.Service, bounds: Bounds = {}): EntryStore => {
  const { sql } = database
  const { maxBytes, maxEntries } = { ...defaultBounds, ...bounds }

  // Nothing inside calls the application, so nothing of the application's is lost from the trace.
  const read = <A>(reads: Effect.Effect<A, SqlError>) => Effect.withTracerEnabled(database.read(reads), false)
  const write = <A>(writes: Effect.Effect<A, SqlError>) =>
    Effect.withTracerEnabled(database.writeTransaction(writes), false)

  const total = Effect.map(sql<Total>`SELECT entries, bytes FROM total`, ([row]) => row ?? { entries: 0, bytes: 0 })

  const evict = (now: number) =>
    Effect.gen(function*() {
      let evicted = 0
      for (let { bytes, entries } = yield* total; entries > maxEntries || bytes > maxBytes;) {
        yield* sql`
          DELETE FROM entry WHERE id = coalesce(
            (SELECT id FROM entry WHERE expires_at <= ${now} ORDER BY expires_at LIMIT 1),
            (SELECT min(id) FROM entry)
          )
        `
        evicted += 1
        ;({ bytes, entries } = yield* total)
      }
      return evicted
    })

  const remove = (key: string) => Effect.asVoid(write(sql`DELETE FROM entry WHERE key = ${key}`))

  return {
    get: (key) =>
      Effect.gen(function*() {
        const [row] = yield* read(
          sql<Row>`SELECT key, value, checksum, stored_at, expires_at FROM entry WHERE key = ${key}`
        )
        if (row === undefined) return Option.none<Entry>()
        if (crc32(row.value) !== row.checksum) {
          yield* Effect.logWarning("A damaged cache entry was dropped")
          yield* remove(key)
          return Option.none<Entry>()
        }
        return Option.some({ key, value: row.value, storedAt: row.stored_at, expiresAt: row.expires_at })
      }),

    put: (entry) =>
      write(Effect.gen(function*() {
        const { expiresAt, key, storedAt, value } = entry
        const bytes = bytesOf(entry)
        yield* sql`DELETE FROM entry WHERE key = ${key}`
        if (bytes > maxBytes) return 0
        yield* sql`
          INSERT INTO entry (key, value, checksum, stored_at, expires_at, bytes)
          VALUES (${key}, ${value}, ${crc32(value)}, ${storedAt}, ${expiresAt}, ${bytes})
        `
        return yield* evict(storedAt)
      })),

    remove,
    clear: Effect.asVoid(write(sql`DELETE FROM entry`)),
    count: read(Effect.map(total, ({ entries }) => entries))
  }
}
