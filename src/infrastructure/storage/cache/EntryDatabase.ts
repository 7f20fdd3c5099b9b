/**
 * The database of a cache: a connection for reads, which no write of this process holds up, and write transactions.
 */
import { TransactionConnection } from "@effect/sql/SqlClient"
import type { Connection } from "@effect/sql/SqlConnection"
import { SqlError } from "@effect/sql/SqlError"
import { Context, Effect, Option } from "effect"
import type { Duration, Scope } from "effect"
import { Corrupt } from "../../../domain/storage/StorageFailure.ts"
import type { StorageFailure } from "../../../domain/storage/StorageFailure.ts"
import type { Lease } from "../local/Lease.ts"
import * as SqliteFailure from "../local/SqliteFailure.ts"
import * as SqliteFile from "../local/SqliteFile.ts"
import * as SqliteLocalDatabase from "../local/SqliteLocalDatabase.ts"
import * as SqlLease from "../local/SqlLease.ts"
import { migrations } from "./EntrySchema.ts"

export interface Options {
  /** A path, or `:memory:`. */
  readonly filename: string

  /** The hard wall for the file; writes that would go through it fail with `Full`. */
  readonly maxFileBytes?: number

  /** How long a write waits for other processes. */
  readonly deadline: Duration.DurationInput
}

export interface EntryDatabase {
  readonly read: <A>(reads: (connection: Connection) => Effect.Effect<A, SqlError>) => Effect.Effect<A, StorageFailure>
  readonly write: <A, E>(
    writes: (connection: Connection) => Effect.Effect<A, E | SqlError>,
    durability: "relaxed" | "durable"
  ) => Effect.Effect<A, Exclude<E, SqlError> | StorageFailure>
  readonly lease: typeof Lease.Service

  /** Grows with every commit, by whomever, that `read` sees. Cheap. Absent where there is nobody else. */
  readonly version: Effect.Effect<number, StorageFailure> | undefined
}

const store = "cache"
const reading = { store, operation: "read" }

/** What cannot be a bug here, where no statement comes from outside: a table that is not there is damage. */
const damaged = (error: SqlError, operation: string): StorageFailure =>
  Option.getOrElse(
    SqliteFailure.fromCause(error, { store, operation }),
    () => new Corrupt({ store, operation, cause: error.cause })
  )

const typed = <A>(statements: Effect.Effect<A, SqlError>) =>
  Effect.mapError(statements, (error) => damaged(error, reading.operation))

const pageBytes = 4096

export const open = (options: Options): Effect.Effect<EntryDatabase, StorageFailure, Scope.Scope> =>
  Effect.gen(function*() {
    const { deadline, filename, maxFileBytes } = options
    const database = yield* SqliteLocalDatabase.make({ filename, migrations, store, synchronous: "NORMAL", deadline })
    const reader = filename === ":memory:" ? undefined : yield* SqliteFile.openReader({ filename, store })
    const { sql, writeTransaction } = database

    /** Of the connection, which is another one after some failures. */
    let isWalled = maxFileBytes === undefined
    const wall = (connection: Connection) => {
      if (isWalled) return Effect.void
      isWalled = true
      const pages = Math.max(1, Math.floor((maxFileBytes ?? 0) / pageBytes))
      return connection.executeUnprepared(`PRAGMA max_page_count = ${pages}`, [], undefined)
    }

    const write: EntryDatabase["write"] = (writes, durability) =>
      writeTransaction(
        Effect.contextWithEffect((context: Context.Context<never>) => {
          const [connection] = Context.unsafeGet(context, TransactionConnection)
          return Effect.zipRight(wall(connection), writes(connection))
        }),
        { durability }
      ).pipe(
        Effect.catchAllDefect((defect) =>
          defect instanceof SqlError ? Effect.fail(damaged(defect, "write")) : Effect.die(defect)
        ),
        Effect.tapErrorCause(() => Effect.sync(() => void (isWalled = maxFileBytes === undefined))),
        // Nothing inside calls the application, so nothing of the application's is lost from the trace.
        Effect.withTracerEnabled(false)
      )

    const read: EntryDatabase["read"] = reader === undefined
      ? (reads) => Effect.withTracerEnabled(typed(Effect.scoped(Effect.flatMap(sql.reserve, reads))), false)
      : (reads) => typed(reads(reader))

    return {
      read,
      write,
      lease: yield* SqlLease.make(database),
      version: reader && typed(Effect.map(
        reader.execute("PRAGMA data_version", [], undefined),
        (rows: ReadonlyArray<{ readonly data_version: number }>) => rows[0]?.data_version ?? 0
      ))
    }
  })
