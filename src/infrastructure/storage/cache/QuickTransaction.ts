/**
 * Write transactions that are one synchronous function each: nothing of this process comes between their statements, and
 * no interruption. What the general kind does for waiting effects costs ten times what a cache writes.
 */
import { SqlError } from "@effect/sql/SqlError"
import { Effect, Schedule } from "effect"
import type { Duration } from "effect"
import type { StorageFailure } from "../../../domain/storage/StorageFailure.ts"
import * as SqliteFile from "../local/SqliteFile.ts"
import type { Statements } from "./Statements.ts"

export interface Options {
  readonly statements: Statements

  /** How long to try while other processes write. */
  readonly deadline: Duration.DurationInput

  /** Before what is to survive a power cut: whether the file is still where it will be looked for. */
  readonly verify: Effect.Effect<void, SqlError>

  /** What is thrown as a failure, or as a defect. */
  readonly failed: (error: SqlError) => Effect.Effect<never, StorageFailure>
}

/** `committed` is told in the same turn as the commit, before anybody else writes. */
export type Transact = <A, B>(
  writes: (statements: Statements) => A,
  committed: (result: A) => B,
  durability: "relaxed" | "durable"
) => Effect.Effect<B, StorageFailure>

export const make = ({ deadline, failed, statements, verify }: Options): Transact => {
  const rollback = () => {
    try {
      statements.run("ROLLBACK")
    } catch {
      // After a full disk or a failed write SQLite has rolled back by itself, and refuses this one.
    }
  }

  const relaxed = <A>(writes: (statements: Statements) => A) => {
    statements.run("BEGIN IMMEDIATE")
    try {
      const result = writes(statements)
      statements.run("COMMIT")
      return result
    } catch (cause) {
      rollback()
      throw cause
    }
  }

  const durable = <A>(writes: (statements: Statements) => A) => {
    statements.exec("PRAGMA synchronous = FULL")
    try {
      return relaxed(writes)
    } finally {
      statements.exec("PRAGMA synchronous = NORMAL")
    }
  }

  const schedule = Schedule.intersect(SqliteFile.busySchedule, Schedule.recurUpTo(deadline))
  const retry = <A>(attempt: Effect.Effect<A, SqlError>) =>
    Effect.catchAll(Effect.retry(attempt, { schedule, while: SqliteFile.isBusy }), failed)

  return (writes, committed, durability) => {
    const transact = durability === "durable" ? durable : relaxed
    const attempt = Effect.suspend(() => {
      try {
        return Effect.succeed(committed(transact(writes)))
      } catch (cause) {
        return new SqlError({ cause })
      }
    })
    const again = Effect.catchAll(attempt, (error) => SqliteFile.isBusy(error) ? retry(attempt) : failed(error))
    return durability === "durable" ? Effect.zipRight(Effect.catchAll(verify, failed), again) : again
  }
}
