/**
 * The file of the local trace store: its shape, and how it is opened.
 */
import Database from "better-sqlite3"
import { closeSync, mkdirSync, openSync } from "node:fs"
import { dirname } from "node:path"
import { Corrupt, NewerThanApp } from "../../../domain/storage/StorageFailure.ts"
import { Refused, store } from "./TraceFileFailure.ts"

export const schemaVersion = 1

/** "STRT": a file with another mark belongs to somebody else. */
const applicationId = 0x53_54_52_54

/** Waiting for another process blocks this one, so it is short: a flush of another process takes a few milliseconds. */
const timeout = 250

const schema = `
  CREATE TABLE spans (
    span_id TEXT PRIMARY KEY, trace_id TEXT NOT NULL, parent_id TEXT, name TEXT NOT NULL, kind TEXT NOT NULL,
    start INTEGER NOT NULL, duration INTEGER NOT NULL, status TEXT NOT NULL, error TEXT,
    attributes TEXT NOT NULL, events TEXT NOT NULL, rank INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX spans_by_trace ON spans (trace_id);
  CREATE TABLE traces (
    trace_id TEXT PRIMARY KEY, name TEXT NOT NULL, rank INTEGER NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL,
    spans INTEGER NOT NULL, errors INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX traces_by_start ON traces (start);
  CREATE INDEX traces_by_end ON traces ("end");
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  INSERT INTO meta VALUES ('format', 'strata traces');
`

const check = (database: Database, operation: string) => {
  const mark = database.pragma("application_id", { simple: true })
  const version = database.pragma("user_version", { simple: true })
  if (mark !== applicationId) throw new Refused(new Corrupt({ store, operation }))
  if (typeof version !== "number" || version > schemaVersion) throw new Refused(new NewerThanApp({ store, operation }))
}

/** Everything that is not a trace store of this version is refused and left as it is. */
export const openForReading = (filename: string, operation: string): Database => {
  const database = new Database(filename, { readonly: true, fileMustExist: true, timeout })
  try {
    check(database, operation)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** Creates file (readable by its owner only) and folder when absent. */
export const openForWriting = (filename: string, operation: string): Database => {
  mkdirSync(dirname(filename), { recursive: true, mode: 0o700 })
  closeSync(openSync(filename, "a", 0o600))
  const database = new Database(filename, { timeout })
  try {
    // A power cut may cost the last spans, not more than that.
    database.pragma("synchronous = OFF")
    const isEmpty = () => database.prepare("SELECT count(*) AS n FROM sqlite_schema").get() as { readonly n: number }
    if (isEmpty().n === 0 && database.pragma("application_id", { simple: true }) === 0) {
      database.pragma("auto_vacuum = INCREMENTAL")
      database.pragma("journal_mode = WAL")
      database.transaction(() => {
        if (isEmpty().n > 0) return
        database.exec(schema)
        database.pragma(`application_id = ${applicationId}`)
        database.pragma(`user_version = ${schemaVersion}`)
      }).immediate()
    }
    check(database, operation)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}
