/**
 * What keeps a SQLite file small and its plans good, in moments when nobody waits for it. None of it may fail anybody:
 * what did not work now is done the next time.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import { Effect, Schedule } from "effect"
import type { Scope } from "effect"
import * as fs from "node:fs"
import * as Telemetry from "../../telemetry/catalogue/Database.ts"
import * as SqliteFile from "./SqliteFile.ts"

export interface Options {
  readonly sql: SqlClient
  readonly filename: string
  readonly store: string
}

/** Nothing was written for so long. */
const quiet = "10 seconds"

/** Pages given back to the file system at a time; a page takes a statement, and statements block the event loop. */
const vacuumed = 256

const silently = <A, E, R>(work: Effect.Effect<A, E, R>) =>
  Effect.ignore(Effect.withTracerEnabled(work, false)).pipe(SqliteFile.outsideTransactions)

/** Optimizes now, looks for a quiet moment again and again, and leaves the file with an empty log with the scope. */
export const start = ({ filename, sql, store }: Options): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function*() {
    const checkpoint = sql`PRAGMA wal_checkpoint(TRUNCATE)`

    const vacuum = Effect.scoped(Effect.gen(function*() {
      const connection = yield* sql.reserve
      const run = (statement: string) => connection.execute(statement, [], undefined)
      const [free] = yield* run("PRAGMA freelist_count")
      const pages = Math.min(vacuumed, Number(free?.freelist_count))
      if (pages === 0) return
      yield* Effect.acquireUseRelease(
        run("BEGIN IMMEDIATE"),
        () => Effect.replicateEffect(run("PRAGMA incremental_vacuum(1)"), pages, { discard: true }),
        () => run("COMMIT").pipe(Effect.catchAll(() => run("ROLLBACK")), Effect.ignore)
      )
    }))

    let changes = 0
    let kept = 0
    const look = Effect.gen(function*() {
      const [row] = yield* sql<{ readonly n: number }>`SELECT total_changes() AS n`
      const now = row?.n ?? 0
      const isQuiet = now === changes && now !== kept
      changes = now
      if (!isQuiet) return
      yield* silently(vacuum)
      const log = yield* Effect.sync(() => fs.statSync(`${filename}-wal`, { throwIfNoEntry: false })?.size ?? 0)
      Telemetry.log.update(log, { "db.namespace": store })
      const [end] = yield* checkpoint
      // A reader keeps what it reads: once more, the next time.
      if (end?.["busy"] === 0) kept = now
    })

    // Of all tables: this connection has not used any yet. A look, when nothing has changed much.
    yield* silently(sql.unsafe("PRAGMA optimize = 0x10002"))
    yield* Effect.addFinalizer(() => Effect.zipRight(silently(sql.unsafe("PRAGMA optimize")), silently(checkpoint)))
    yield* Effect.forkScoped(Effect.schedule(silently(look), Schedule.spaced(quiet)))
  })
