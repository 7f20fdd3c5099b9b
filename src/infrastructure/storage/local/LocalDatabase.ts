/**
 * The application's own SQLite database. Reads and writes outside a transaction go through the `sql` statement
 * constructor; anything that must hold together goes through `writeTransaction` or `readSnapshot`.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { Context } from "effect"
import type { Effect, Stream } from "effect"
import type { StorageFailure } from "../../../domain/storage/StorageFailure.ts"

export interface WriteOptions {
  /** `durable` survives a power cut when it returns, `relaxed` a crash of the process. The file's own when absent. */
  readonly durability?: "relaxed" | "durable"
}

export class LocalDatabase extends Context.Tag("effect-strata/infrastructure/storage/local/LocalDatabase")<
  LocalDatabase,
  {
    /**
     * Statements inside `read` and `writeTransaction` join the surrounding transaction of this database. Its
     * `withTransaction` is a write transaction, or a savepoint inside one.
     */
    readonly sql: SqlClient

    /** Runs reads and types their failures. */
    readonly read: <A, E, R>(
      reads: Effect.Effect<A, E | SqlError, R>
    ) => Effect.Effect<A, Exclude<E, SqlError> | StorageFailure, R>

    /**
     * All `reads` see the database as it is when they begin, whatever is committed meanwhile; they hold up no writer,
     * except in memory. Snapshots wait for each other. Inside a write transaction they join it. A write among them is a
     * bug.
     */
    readonly readSnapshot: <A, E, R>(
      reads: Effect.Effect<A, E | SqlError, R>
    ) => Effect.Effect<A, Exclude<E, SqlError> | StorageFailure, R>

    /**
     * `BEGIN IMMEDIATE`, retried without blocking the event loop while another process writes, for at most 5 seconds
     * (`Busy`). Failure, defect and interruption roll back; a failed COMMIT rolls back and is typed. Nested calls join
     * the outer transaction, and its durability.
     */
    readonly writeTransaction: <A, E, R>(
      writes: Effect.Effect<A, E | SqlError, R>,
      options?: WriteOptions
    ) => Effect.Effect<A, Exclude<E, SqlError> | StorageFailure, R>

    /**
     * What `reads` give now, and again after every commit that changed one of `tables`, by this process or, seen within
     * a quarter of a second, by another. Changes that come together, or while the reader is busy, give one emission.
     */
    readonly live: <A, E, R>(
      tables: ReadonlyArray<string>,
      reads: Effect.Effect<A, E | SqlError, R>
    ) => Stream.Stream<A, Exclude<E, SqlError> | StorageFailure, R>
  }
>() {}
