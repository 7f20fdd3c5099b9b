/**
 * Reads that all see the database as it is at one moment: a deferred transaction of a connection that only reads. There
 * is one such connection, so snapshots wait for each other in line; they are meant to be short, as one that stays open
 * keeps the write-ahead log from starting again.
 */
import { TransactionConnection } from "@effect/sql/SqlClient"
import type { SqlClient } from "@effect/sql/SqlClient"
import type { Connection } from "@effect/sql/SqlConnection"
import type { SqlError } from "@effect/sql/SqlError"
import { Effect } from "effect"
import type { Scope } from "effect"
import type { StorageFailure } from "../../../domain/storage/StorageFailure.ts"
import { around, aroundOf, GuardedConnection } from "./GuardedConnection.ts"
import * as HeldResource from "./HeldResource.ts"
import * as SqliteFile from "./SqliteFile.ts"

export interface Options {
  readonly sql: SqlClient
  /** Takes a connection that refuses writes for oneself. */
  readonly reserve: Effect.Effect<Connection, SqlError, Scope.Scope>
}

const run = (connection: Connection, statement: string) => connection.execute(statement, [], undefined)

export interface Source extends Pick<Options, "reserve"> {
  /** Is another one after every commit, whoever made it. */
  readonly version: Effect.Effect<unknown, SqlError>
}

/** A connection of its own, so that snapshots and writes do not wait for each other. */
export const ofReader = (
  file: Pick<SqliteFile.Options, "filename" | "store">
): Effect.Effect<Source, StorageFailure, Scope.Scope> =>
  Effect.gen(function*() {
    const connection = yield* SqliteFile.openReader(file)
    const reserve = Effect.as(yield* HeldResource.turns, connection)
    const read = Effect.map(run(connection, "PRAGMA data_version"), ([row]) => row.data_version)
    return { reserve, version: Effect.scoped(Effect.zipRight(reserve, read)) }
  })

const queryOnly = (connection: Connection, value: "ON" | "OFF") =>
  connection.executeUnprepared(`PRAGMA query_only = ${value}`, [], undefined)

/** The only connection that a database in memory has: writes wait while a snapshot lasts. */
export const ofWriter = (sql: SqlClient): Source => ({
  reserve: Effect.tap(
    sql.reserve,
    (connection) =>
      Effect.acquireRelease(queryOnly(connection, "ON"), () => Effect.ignore(queryOnly(connection, "OFF")))
  ),
  version: Effect.map(sql`SELECT total_changes() AS changes`, ([row]) => row?.["changes"])
})

export const make = ({ reserve, sql }: Options) => {
  const begin = (outer: GuardedConnection | undefined) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function*() {
        const raw = yield* restore(reserve)
        const rollback = Effect.ignore(run(raw, "ROLLBACK"))
        // The first read is what takes the snapshot, and it can find another process that repairs the file.
        const take = Effect.zipRight(run(raw, "BEGIN"), run(raw, "SELECT 1 FROM sqlite_schema LIMIT 1"))
        yield* restore(SqliteFile.whileBusy(Effect.uninterruptible(Effect.onError(take, () => rollback))))
        const snapshot = new GuardedConnection(raw, "snapshot", sql, outer)
        yield* Effect.addFinalizer(() => {
          snapshot.isOpen = false
          return rollback
        })
        return snapshot
      })
    )

  const outermost = <A, E, R>(
    reads: Effect.Effect<A, E, R>,
    outer: GuardedConnection | undefined
  ): Effect.Effect<A, E | SqlError, R> =>
    HeldResource.using(
      begin(outer),
      (snapshot) => Effect.provideService(reads, TransactionConnection, [snapshot, 0])
    )

  /** Runs `reads` in a snapshot of their own, or in the transaction around them when it is this file's. */
  return <A, E, R>(reads: Effect.Effect<A, E, R>): Effect.Effect<A, E | SqlError, R> =>
    Effect.flatMap(
      Effect.context<R>(),
      (context) => aroundOf(context, sql) === undefined ? outermost(reads, around(context)) : reads
    )
}
