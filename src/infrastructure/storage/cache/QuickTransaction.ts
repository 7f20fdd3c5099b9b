/**
 * Write transactions of statements alone, on a connection of their own: what the general kind does for waiting effects,
 * nesting and interruption costs ten times what a cache writes.
 */
import type { Connection } from "@effect/sql/SqlConnection"
import type { SqlError } from "@effect/sql/SqlError"
import { Effect, Schedule } from "effect"
import type { Duration } from "effect"
import * as SqliteFile from "../local/SqliteFile.ts"

export interface Options {
  readonly connection: Connection

  /** How long to try while other processes write. */
  readonly deadline: Duration.DurationInput

  /** Before what is to survive a power cut: whether the file is still where it will be looked for. */
  readonly verify: Effect.Effect<void, SqlError>
}

export type Transact = <A, E>(
  writes: Effect.Effect<A, E | SqlError>,
  durability: "relaxed" | "durable"
) => Effect.Effect<A, E | SqlError>

/** `writes` must not wait for anything but the connection. Not reentrant. */
export const make = ({ connection, deadline, verify }: Options): Effect.Effect<Transact> =>
  Effect.map(Effect.makeSemaphore(1), (semaphore) => {
    const begin = connection.execute("BEGIN IMMEDIATE", [], undefined)
    const commit = connection.execute("COMMIT", [], undefined)
    /** After a full disk or a failed write SQLite has rolled back by itself, and refuses this one. */
    const rollback = Effect.ignore(connection.execute("ROLLBACK", [], undefined))
    const waiting = Effect.retry(begin, {
      schedule: Schedule.intersect(SqliteFile.busySchedule, Schedule.recurUpTo(deadline)),
      while: SqliteFile.isBusy
    })
    const begun = Effect.catchIf(begin, SqliteFile.isBusy, () => waiting)
    const synchronous = (level: string) => connection.executeUnprepared(`PRAGMA synchronous = ${level}`, [], undefined)
    const durably = <A, E>(transaction: Effect.Effect<A, E | SqlError>) =>
      Effect.acquireUseRelease(
        Effect.zipRight(verify, synchronous("FULL")),
        () => transaction,
        () => Effect.ignore(synchronous("NORMAL"))
      )

    return (writes, durability) => {
      const transaction = Effect.uninterruptibleMask((restore) =>
        Effect.zipRight(
          restore(begun),
          Effect.matchCauseEffect(Effect.zipLeft(writes, commit), {
            onFailure: (cause) => Effect.zipRight(rollback, Effect.failCause(cause)),
            onSuccess: Effect.succeed
          })
        )
      )
      return semaphore.withPermits(1)(durability === "durable" ? durably(transaction) : transaction)
    }
  })
