/**
 * The schema of the backend's own database. Times are milliseconds since the epoch, tokens are SHA-256 digests, note
 * contents are sealed.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import { Effect } from "effect"
import type { Migration } from "../infrastructure/storage/local/Migration.ts"

const accounts = (sql: SqlClient) =>
  Effect.all([
    sql`CREATE TABLE accounts (
      id TEXT PRIMARY KEY, username TEXT NOT NULL UNIQUE, display_name TEXT NOT NULL, password_hash TEXT NOT NULL
    ) STRICT`,
    sql`CREATE TABLE login_attempts (username_hash BLOB NOT NULL, at INTEGER NOT NULL) STRICT`,
    sql`CREATE INDEX login_attempts_by_username ON login_attempts (username_hash, at)`,
    sql`CREATE TABLE sessions (
      id TEXT PRIMARY KEY, account_id TEXT NOT NULL, started_at INTEGER NOT NULL, expires_at INTEGER NOT NULL
    ) STRICT`,
    sql`CREATE INDEX sessions_by_account ON sessions (account_id, started_at)`,
    sql`CREATE TABLE access_tokens (
      token_hash BLOB PRIMARY KEY, session_id TEXT NOT NULL, expires_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`,
    sql`CREATE INDEX access_tokens_by_session ON access_tokens (session_id)`,
    sql`CREATE TABLE refresh_tokens (
      token_hash BLOB PRIMARY KEY, session_id TEXT NOT NULL, spent INTEGER NOT NULL DEFAULT 0
    ) STRICT, WITHOUT ROWID`,
    sql`CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id)`
  ], { discard: true })

const notes = (sql: SqlClient) =>
  Effect.all([
    sql`CREATE TABLE note_sequences (
      account_id TEXT PRIMARY KEY, epoch TEXT NOT NULL, sequence INTEGER NOT NULL
    ) STRICT`,
    sql`CREATE TABLE notes (
      account_id TEXT NOT NULL, note_id TEXT NOT NULL, version INTEGER NOT NULL, sequence INTEGER NOT NULL,
      updated_at INTEGER NOT NULL, sealed BLOB, PRIMARY KEY (account_id, note_id)
    ) STRICT`,
    sql`CREATE UNIQUE INDEX notes_by_sequence ON notes (account_id, sequence)`,
    sql`CREATE TABLE note_mutations (
      account_id TEXT NOT NULL, mutation_id TEXT NOT NULL, version INTEGER NOT NULL, at INTEGER NOT NULL,
      PRIMARY KEY (account_id, mutation_id)
    ) STRICT, WITHOUT ROWID`,
    sql`CREATE INDEX note_mutations_by_age ON note_mutations (at)`
  ], { discard: true })

const push = (sql: SqlClient) =>
  Effect.all([
    sql`CREATE TABLE devices (
      account_id TEXT NOT NULL, device_id TEXT NOT NULL, topics TEXT NOT NULL, registered_at INTEGER NOT NULL,
      PRIMARY KEY (account_id, device_id)
    ) STRICT`,
    sql`CREATE TABLE push_messages (
      sequence INTEGER PRIMARY KEY AUTOINCREMENT, account_id TEXT NOT NULL, device_id TEXT NOT NULL,
      message_id TEXT NOT NULL, topic TEXT NOT NULL, sealed_title BLOB NOT NULL, sent_at INTEGER NOT NULL
    ) STRICT`,
    sql`CREATE UNIQUE INDEX push_messages_by_device ON push_messages (account_id, device_id, message_id)`
  ], { discard: true })

const analytics = (sql: SqlClient) =>
  sql`CREATE TABLE analytics_events (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, message_id TEXT NOT NULL UNIQUE, event TEXT NOT NULL,
    received_at INTEGER NOT NULL
  ) STRICT`

/** For a database that holds the backend's tables and nothing else. */
export const migrations: ReadonlyArray<Migration> = [
  { id: 1, name: "create_accounts_and_sessions", run: accounts },
  { id: 2, name: "create_notes", run: notes },
  { id: 3, name: "create_devices_and_push_messages", run: push },
  { id: 4, name: "create_analytics_events", run: (sql) => Effect.asVoid(analytics(sql)) }
]
