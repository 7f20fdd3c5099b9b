/**
 * The tables of a cache file, and the rows of its entries.
 */
import { Effect } from "effect"
import { crc32 } from "node:zlib"
import type { Migration } from "../local/Migration.ts"
import * as SqlLease from "../local/SqlLease.ts"
import { bytesOf } from "./EntryStore.ts"
import type { Barrier, Entry, NewEntry } from "./EntryStore.ts"

/** Part of the file's name: versions of the application with different tables each have a file of their own. */
export const layout = 1

/**
 * `entry` is no WITHOUT ROWID table: from 1 KB up such reads take three times as long. `due` is the minute in which
 * nothing serves the entry any more, so that storing a key again rarely moves it in the index. `meta` has one row with
 * what would otherwise have to be counted; `recent` are the ids of the last rows written, of `writes` in all.
 */
export const create: ReadonlyArray<string> = [
  `
    CREATE TABLE entry (
      id INTEGER PRIMARY KEY,
      key TEXT NOT NULL UNIQUE,
      checksum INTEGER NOT NULL,
      generation INTEGER NOT NULL,
      stored_at INTEGER NOT NULL,
      fresh_until INTEGER NOT NULL,
      revalidate_until INTEGER NOT NULL,
      kept_until INTEGER NOT NULL,
      due INTEGER NOT NULL,
      bytes INTEGER NOT NULL,
      expired INTEGER NOT NULL,
      visited INTEGER NOT NULL,
      tags TEXT,
      value BLOB NOT NULL
    ) STRICT
  `,
  `CREATE INDEX entry_due ON entry (due)`,
  `
    CREATE TABLE barrier (
      generation INTEGER PRIMARY KEY,
      kind TEXT NOT NULL,
      target TEXT NOT NULL,
      name TEXT NOT NULL,
      UNIQUE (name, target, kind)
    ) STRICT
  `,
  `
    CREATE TABLE meta (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      generation INTEGER NOT NULL,
      floor INTEGER NOT NULL,
      entries INTEGER NOT NULL,
      bytes INTEGER NOT NULL,
      high_water INTEGER NOT NULL,
      hand INTEGER NOT NULL,
      writes INTEGER NOT NULL,
      lost INTEGER NOT NULL,
      recent BLOB NOT NULL
    ) STRICT
  `,
  `INSERT INTO meta VALUES (1, 0, 0, 0, 0, 0, 0, 0, 0, x'')`
]

export const migrations: ReadonlyArray<Migration> = [
  {
    id: 1,
    name: "create_entry",
    run: (sql) => Effect.forEach(create, (statement) => sql.unsafe(statement), { discard: true })
  },
  SqlLease.migration(2)
]

export interface EntryRow {
  readonly id: number
  readonly key: string
  readonly checksum: number
  readonly generation: number
  readonly stored_at: number
  readonly fresh_until: number
  readonly revalidate_until: number
  readonly kept_until: number
  readonly expired: number
  readonly tags: string | null
  readonly value: Uint8Array
}

/** With the number of the newest barrier, as it was at the same moment. */
export interface FoundRow extends EntryRow {
  readonly newest: number | null
}

const columns = "id, key, checksum, generation, stored_at, fresh_until, revalidate_until, kept_until, " +
  "expired, tags, value"

export const selectByKey = `SELECT ${columns}, (SELECT max(generation) FROM barrier) AS newest FROM entry WHERE key = ?`

const dueMillis = 60_000

/** The first minute that lies wholly after the end of the entry. */
const dueOf = ({ keptUntil, storedAt }: Pick<NewEntry, "keptUntil" | "storedAt">) =>
  Math.ceil(Math.min(storedAt + keptUntil, Number.MAX_SAFE_INTEGER) / dueMillis)

/** Entries with this due, or an earlier one, serve nobody any more. */
export const overdueAt = (now: number) => Math.floor(now / dueMillis)

const whole = (number: number) => Math.trunc(Math.min(number, Number.MAX_SAFE_INTEGER))

/** What can be wrong with any byte of the row is seen by its checksum. */
const checksumOf = (value: Uint8Array, rest: string) => crc32(value, crc32(rest))

const protectedText = (
  key: string,
  generation: number,
  storedAt: number,
  fresh: number,
  revalidate: number,
  kept: number,
  tags: string | null
) => `${generation} ${storedAt} ${fresh} ${revalidate} ${kept} ${tags ?? ""} ${key}`

/** In the order of `insert`; `update` ends with the id instead of `rest`. */
export const parametersOf = (entry: NewEntry, generation: number) => {
  const { key, tags, value } = entry
  const [storedAt, fresh, revalidate, kept] = [
    whole(entry.storedAt),
    whole(entry.freshUntil),
    whole(entry.revalidateUntil),
    whole(entry.keptUntil)
  ]
  const names = tags.length === 0 ? null : JSON.stringify(tags)
  const checksum = checksumOf(value, protectedText(key, generation, storedAt, fresh, revalidate, kept, names))
  return {
    withoutDue: [checksum, generation, storedAt, fresh, revalidate, kept, bytesOf(entry), names, value],
    rest: [dueOf(entry), key] as const
  }
}

export const insert =
  "INSERT INTO entry (checksum, generation, stored_at, fresh_until, revalidate_until, kept_until, " +
  "bytes, tags, value, due, key, expired, visited) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0)"

/** Setting `due` costs a write in the index, whether or not it is another. */
export const update = "UPDATE entry SET checksum = ?, generation = ?, stored_at = ?, fresh_until = ?, " +
  "revalidate_until = ?, kept_until = ?, bytes = ?, tags = ?, value = ?, expired = 0 WHERE id = ?"
export const updateWithDue = update.replace("expired = 0", "expired = 0, due = ?")

const parseTags = (tags: string | null): ReadonlyArray<string> => tags === null ? [] : JSON.parse(tags)

/** The entry, unless something on the disk changed it. */
export const entryOf = (row: EntryRow): Entry | undefined => {
  const { checksum, fresh_until, generation, kept_until, key, revalidate_until, stored_at, tags, value } = row
  const text = protectedText(key, generation, stored_at, fresh_until, revalidate_until, kept_until, tags)
  if (checksumOf(value, text) !== checksum) return undefined
  return {
    key,
    value,
    tags: parseTags(tags),
    generation,
    storedAt: stored_at,
    freshUntil: fresh_until,
    revalidateUntil: revalidate_until,
    keptUntil: kept_until,
    expired: row.expired !== 0
  }
}

export interface BarrierRow {
  readonly generation: number
  readonly kind: "expire" | "remove"
  readonly target: "Key" | "Tag" | "All"
  readonly name: string
}

export const barrierOf = ({ generation, kind, name, target }: BarrierRow): Barrier => ({
  generation,
  kind,
  target: target === "Key"
    ? { _tag: target, key: name }
    : target === "Tag"
    ? { _tag: target, tag: name }
    : { _tag: target }
})
