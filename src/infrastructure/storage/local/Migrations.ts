/**
 * Brings a file up to this version's schema: all missing steps in one transaction, or none. Of several processes one
 * runs them, the others wait and then find them done.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { Clock, Effect } from "effect"
import { Corrupt, NewerThanApp, Unrecognized } from "../../../domain/storage/StorageFailure.ts"
import type { StorageFailure } from "../../../domain/storage/StorageFailure.ts"
import * as Telemetry from "../../telemetry/catalogue/Database.ts"
import * as Span from "../../telemetry/Span.ts"
import type { Migration } from "./Migration.ts"
import * as MigrationChecksum from "./MigrationChecksum.ts"
import * as SqliteFile from "./SqliteFile.ts"

export interface Options {
  readonly sql: SqlClient
  readonly store: string
  readonly migrations: ReadonlyArray<Migration>
  /** What marks the file as this application's. */
  readonly applicationId: number
  readonly transact: <A, E>(writes: Effect.Effect<A, E>) => Effect.Effect<A, E | SqlError>
  /** Called inside the transaction, before a step that is destructive, with its number: nothing is written yet. */
  readonly backup: (id: number) => Effect.Effect<void, StorageFailure | SqlError>
}

/** Files that older versions made have no checksums, and no `application_id`. */
interface Step {
  readonly id: number
  readonly checksum?: string | null
}

/**
 * Fails with `NewerThanApp` when the file has steps that this version does not know, and with `Unrecognized` when one is
 * missing or is not the step known here by its number; then nothing is changed.
 */
export const run = (
  { applicationId, backup, migrations, sql, store, transact }: Options
): Effect.Effect<void, StorageFailure | SqlError> =>
  Effect.gen(function*() {
    if (migrations.some(({ id }, index) => id !== index + 1)) {
      return yield* Effect.dieMessage(`The migrations of the ${store} are not numbered 1, 2, 3, ...`)
    }
    const place = { store, operation: "migrate" }
    const known = yield* MigrationChecksum.ofAll(migrations)

    const inspect = Effect.gen(function*() {
      const tables = yield* sql`SELECT name FROM sqlite_schema WHERE name = 'migrations'`
      const steps = tables.length === 0 ? [] : yield* sql<Step>`SELECT * FROM migrations ORDER BY id`
      if ((steps.at(-1)?.id ?? 0) > known.length) return yield* new NewerThanApp(place)
      const differs = ({ checksum, id }: Step, index: number) =>
        id !== index + 1 || (checksum ?? known[index]) !== known[index]
      if (steps.some(differs)) return yield* new Unrecognized(place)
      const [mark] = yield* sql<{ readonly application_id: number }>`PRAGMA application_id`
      return { steps, isMarked: mark?.application_id === applicationId && steps.every(({ checksum }) => checksum) }
    })

    const apply = (migration: Migration) =>
      Effect.gen(function*() {
        const { id, name } = migration
        yield* migration.run(sql)
        const now = yield* Clock.currentTimeMillis
        yield* sql`INSERT INTO migrations (id, name, applied_at) VALUES (${id}, ${name}, ${now})`
        yield* Span.event(Telemetry.migrate, "migration.applied", {
          "strata.migration.id": id,
          "strata.migration.name": name
        })
      })

    const mark = Effect.gen(function*() {
      const columns = yield* sql`SELECT name FROM pragma_table_info('migrations') WHERE name = 'checksum'`
      if (columns.length === 0) yield* sql`ALTER TABLE migrations ADD COLUMN checksum TEXT`
      yield* Effect.forEach(known, (checksum, index) =>
        sql`UPDATE migrations SET checksum = ${checksum} WHERE id = ${index + 1} AND checksum IS NULL`)
      yield* sql.unsafe(`PRAGMA application_id = ${applicationId}`)
    })

    const verify = Effect.gen(function*() {
      const [check] = yield* sql`PRAGMA quick_check(1)`
      if (check?.["quick_check"] !== "ok") {
        return yield* new Corrupt(place)
      }
      const orphans = yield* sql`PRAGMA foreign_key_check`
      if (orphans.length > 0) {
        return yield* Effect.dieMessage(`The migrations of the ${store} left rows without their parents`)
      }
    })

    const { isMarked, steps } = yield* SqliteFile.whileBusy(inspect)
    const pending = migrations.slice(steps.length)
    if (pending.length === 0 && isMarked) {
      return
    }
    const upgrade = Effect.gen(function*() {
      // Another process may have been faster while this one waited for its turn.
      const now = yield* inspect
      const missing = migrations.slice(now.steps.length)
      const destructive = missing.find((migration) =>
        migration.destructive
      )
      // Nobody writes any more: the copy is of what the step finds.
      if (now.steps.length > 0 && destructive !== undefined) yield* backup(destructive.id)
      yield* sql`
        CREATE TABLE IF NOT EXISTS migrations (
          id INTEGER PRIMARY KEY,
          name TEXT NOT NULL,
          applied_at INTEGER NOT NULL
        ) STRICT
      `
      yield* Effect.forEach(missing, apply, { discard: true })
      yield* mark
      if (missing.length > 0) yield* verify
    })
    // A table that is made anew takes its rows' children along when it is dropped, unless nobody looks.
    yield* sql.unsafe("PRAGMA foreign_keys = OFF")
    yield* transact(
      Span.withSpan(Telemetry.migrate, {
        "db.system.name": "sqlite",
        "db.namespace": store,
        "strata.migration.pending": pending.length
      })(upgrade)
    )
    yield* sql.unsafe("PRAGMA foreign_keys = ON")
  })
