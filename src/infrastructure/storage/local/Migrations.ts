/**
 * Brings a file up to this version's schema: all missing steps in one transaction, or none. Of several processes one
 * runs them, the others wait and then find them done.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { Clock, Effect } from "effect"
import { NewerThanApp } from "../../../domain/storage/StorageFailure.ts"
import * as Telemetry from "../../telemetry/catalogue/Database.ts"
import * as Span from "../../telemetry/Span.ts"
import type { Migration } from "./Migration.ts"
import * as SqliteFile from "./SqliteFile.ts"

export interface Options {
  readonly sql: SqlClient
  readonly store: string
  readonly migrations: ReadonlyArray<Migration>
  readonly transact: <A, E>(writes: Effect.Effect<A, E>) => Effect.Effect<A, E | SqlError>
}

/** Fails with `NewerThanApp`, and changes nothing, when the file has steps that this version does not know. */
export const run = ({ migrations, sql, store, transact }: Options): Effect.Effect<void, NewerThanApp | SqlError> =>
  Effect.gen(function*() {
    if (migrations.some(({ id }, index) => id !== index + 1)) {
      return yield* Effect.dieMessage(`The migrations of the ${store} are not numbered 1, 2, 3, ...`)
    }

    /** The last step the file has; 0 for a new file. */
    const version = Effect.gen(function*() {
      const tables = yield* sql`SELECT name FROM sqlite_schema WHERE name = 'migrations'`
      if (tables.length === 0) return 0
      const [row] = yield* sql<{ readonly id: number | null }>`SELECT max(id) AS id FROM migrations`
      const id = row?.id ?? 0
      if (id > migrations.length) return yield* new NewerThanApp({ store, operation: "migrate" })
      return id
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

    const pending = migrations.length - (yield* SqliteFile.whileBusy(version))
    if (pending === 0) return
    const upgrade = Effect.gen(function*() {
      yield* sql`
        CREATE TABLE IF NOT EXISTS migrations (
          id INTEGER PRIMARY KEY,
          name TEXT NOT NULL,
          applied_at INTEGER NOT NULL
        ) STRICT
      `
      // Another process may have been faster while this one waited for its turn.
      yield* Effect.forEach(migrations.slice(yield* version), apply, { discard: true })
    })
    yield* transact(
      Span.withSpan(Telemetry.migrate, {
        "db.system.name": "sqlite",
        "db.namespace": store,
        "strata.migration.pending": pending
      })(upgrade)
    )
  })
