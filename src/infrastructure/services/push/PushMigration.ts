/**
 * The tables of the device's push registration: one row per account, and the messages it handled last.
 */
import { Effect } from "effect"
import type { Migration } from "../../storage/local/Migration.ts"

export const pushMigration: Migration = {
  id: 2,
  name: "create_push",
  run: (sql) =>
    Effect.all([
      sql`CREATE TABLE push_registrations (
        account_id TEXT PRIMARY KEY, device_id TEXT NOT NULL, topics TEXT NOT NULL, registered_at INTEGER NOT NULL,
        cursor TEXT
      ) STRICT, WITHOUT ROWID`,
      sql`CREATE TABLE push_handled (
        position INTEGER PRIMARY KEY, device_id TEXT NOT NULL, message_id TEXT NOT NULL, UNIQUE (device_id, message_id)
      ) STRICT`
    ], { discard: true })
}
