/**
 * What keeps a SQLite file small and its plans good, in moments when nobody waits for it. None of it may fail anybody:
 * what did not work now is done the next time.
 */
import type { Connection } from "@effect/sql/SqlConnection"
import { Effect, Schedule } from "effect"
import type { Scope } from "effect"
import * as fs from "node:fs"
import * as Telemetry from "../../telemetry/catalogue/Database.ts"
import type { Replaceable } from "./ReplaceableClient.ts"
import { rollback } from "./WriteTransaction.ts"

export interface Options extends Pick<Replaceable, "discard" | "whenFree"> {
  readonly filename: string
  readonly store: string
}

/** Nothing was written for so long. */
const quiet = "10 seconds"

/** Pages given back to the file system at a time; a page takes a statement, and statements block the event loop. */
const vacuumed = 256

const run = (connection: Connection, statement: string) => connection.execute(statement, [], undefined)

const checkpoint = (connection: Connection) => run(connection, "PRAGMA wal_checkpoint(TRUNCATE)")

const freePages = (connection: Connection) =>
  Effect.map(run(connection, "PRAGMA freelist_count"), ([free]) => Number(free?.freelist_count))

/** Whether to go on the next time: pages are left, and the file is one of those that give any back. */
const vacuum = (connection: Connection, discard: Effect.Effect<void>) =>
  Effect.gen(function*() {
    const free = yield* freePages(connection)
    const pages = Math.min(vacuumed, free)
    if (pages === 0) return false
    yield* Effect.acquireUseRelease(
      run(connection, "BEGIN IMMEDIATE"),
      () => Effect.replicateEffect(run(connection, "PRAGMA incremental_vacuum(1)"), pages, { discard: true }),
      () => Effect.catchAll(run(connection, "COMMIT"), () => rollback(connection, discard))
    )
    const left = yield* freePages(connection)
    return left > 0 && left < free
  })

/** Optimizes now, looks for a quiet moment again and again, and leaves the file with an empty log with the scope. */
export const start = ({ discard, filename, store, whenFree }: Options): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function*() {
    let changes = 0
    let kept = 0
    const look = (connection: Connection) =>
      Effect.gen(function*() {
        const [row] = yield* run(connection, "SELECT total_changes() AS n")
        const now = Number(row?.n)
        const isQuiet = now === changes && now !== kept
        changes = now
        if (!isQuiet) return
        const isLeft = yield* Effect.orElseSucceed(vacuum(connection, discard), () => true)
        const log = yield* Effect.sync(() => fs.statSync(`${filename}-wal`, { throwIfNoEntry: false })?.size ?? 0)
        Telemetry.log.update(log, { "db.namespace": store })
        const [end] = yield* checkpoint(connection)
        // A reader keeps what it reads, and a piece is a piece: once more, the next time.
        if (end?.busy === 0 && !isLeft) kept = now
      })

    // Of all tables (0x10000): this connection has not used any yet. A look (0x10), however long they are.
    const optimize = whenFree((connection) => Effect.ignore(run(connection, "PRAGMA optimize = 0x10012")))
    const leave = whenFree((connection) =>
      Effect.zipRight(Effect.ignore(run(connection, "PRAGMA optimize")), Effect.ignore(checkpoint(connection)))
    )
    yield* optimize
    yield* Effect.addFinalizer(() => leave)
    yield* Effect.forkScoped(
      Effect.schedule(whenFree((connection) => Effect.ignore(look(connection))), Schedule.spaced(quiet))
    )
  })
