/**
 * The tables of the notes. Content is sealed; everything else is what sync needs to see.
 */
import { Effect } from "effect"
import type { Migration } from "../../storage/local/Migration.ts"

/**
 * `version` is the last one the backend acknowledged, 0 before the first. `seen` serves mark and sweep while
 * `sync_state.sweeping`. `outbox.status`: `in_flight` was sent at least once and is frozen, because nobody may know
 * its outcome; `rejected` is parked for good. Times are milliseconds since 1970.
 */
export const notesMigration: Migration = {
  id: 1,
  name: "create_notes",
  run: (sql) =>
    Effect.gen(function*() {
      yield* sql`
        CREATE TABLE notes (
          principal TEXT NOT NULL,
          note_id TEXT NOT NULL,
          content BLOB NOT NULL,
          updated_at INTEGER NOT NULL,
          version INTEGER NOT NULL,
          seen INTEGER NOT NULL DEFAULT 1,
          PRIMARY KEY (principal, note_id)
        ) STRICT`
      yield* sql`
        CREATE TABLE outbox (
          sequence INTEGER PRIMARY KEY AUTOINCREMENT,
          principal TEXT NOT NULL,
          note_id TEXT NOT NULL,
          mutation_id TEXT NOT NULL UNIQUE,
          content BLOB,
          base_version INTEGER NOT NULL,
          status TEXT NOT NULL CHECK (status IN ('pending', 'in_flight', 'rejected'))
        ) STRICT`
      yield* sql`CREATE INDEX outbox_note ON outbox (principal, note_id, sequence)`
      yield* sql`
        CREATE TABLE sync_state (
          principal TEXT PRIMARY KEY,
          cursor TEXT,
          pulled_at INTEGER,
          sweeping INTEGER NOT NULL DEFAULT 0
        ) STRICT`
    })
}

/** What the notes as they are shown are read from. */
export const liveTables: ReadonlyArray<string> = ["notes", "outbox"]
