/**
 * The least a cache on SQLite could do: one table, statements that are prepared once, JSON.
 */
import Database from "better-sqlite3"
import { join } from "node:path"
import { keyOf, profile } from "./Profiles.ts"
import type { Profile, Size } from "./Profiles.ts"

export const open = (folder: string, synchronous: "FULL" | "NORMAL" = "NORMAL") => {
  const database = new Database(join(folder, "raw.db"))
  database.pragma("journal_mode = WAL")
  database.pragma(`synchronous = ${synchronous}`)
  database.exec(
    "CREATE TABLE entry (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, expires_at INTEGER, value TEXT NOT NULL) STRICT"
  )
  const select = database.prepare("SELECT value, expires_at FROM entry WHERE key = ?")
  const upsert = database.prepare(
    "INSERT INTO entry (key, expires_at, value) VALUES (?, ?, ?) "
      + "ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at"
  )
  const set = (key: string, value: Profile) => upsert.run(key, Date.now() + 86_400_000, JSON.stringify(value))
  return {
    database,
    set,
    get: (key: string): Profile | undefined => {
      const row = select.get(key) as { readonly value: string; readonly expires_at: number } | undefined
      return row === undefined || row.expires_at < Date.now() ? undefined : JSON.parse(row.value)
    },
    fill: database.transaction((keys: number, size: Size) => {
      for (let index = 0; index < keys; index++) set(keyOf(index), profile(index, size))
    })
  }
}
