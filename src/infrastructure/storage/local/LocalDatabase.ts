/**
 * The application's own SQLite database. Reads and writes outside a transaction go through the `sql` statement
 * constructor; anything that must hold together goes through `writeTransaction`.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { Context } from "effect"
import type { Effect } from "effect"
import type { StorageFailure } from "../../../domain/storage/StorageFailure.ts"

export class LocalDatabase extends Context.Tag("effect-strata/infrastructure/storage/local/LocalDatabase")<
  LocalDatabase,
  {
    /** Statements inside `read` and `writeTransaction` join the surrounding transaction. */
    readonly sql: SqlClient

    /** Runs reads and types their failures. */
    readonly read: <A, E, R>(
      reads: Effect.Effect<A, E | SqlError, R>
    ) => Effect.Effect<A, Exclude<E, SqlError> | StorageFailure, R>

    /**
     * `BEGIN IMMEDIATE`, retried without blocking the event loop while another process writes, for at most 5 seconds
     * (`Busy`). Failure, defect and interruption roll back; a failed COMMIT rolls back and is typed. Nested calls join
     * the outer transaction.
     */
    readonly writeTransaction: <A, E, R>(
      writes: Effect.Effect<A, E | SqlError, R>
    ) => Effect.Effect<A, Exclude<E, SqlError> | StorageFailure, R>
  }
>() {}
