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
import { entryColumns, migrations } from "./EntrySchema.ts"
import type { EntryRow } from "./EntrySchema.ts"
import * as HotRead from "./HotRead.ts"
import * as QuickTransaction from "./QuickTransaction.ts"

export interface Options {
  /** A path, or `:memory:`. */
  readonly filename: string

  /** The hard wall for the file; writes that would go through it fail with `Full`. */
  readonly maxFileBytes?: number

  /** How long a write waits for other processes. */
  readonly deadline: Duration.DurationInput
}

/** With the number of the newest barrier, as it was at the same moment. */
export interface FoundRow extends EntryRow {
  readonly newest: number | null
}

const select = `SELECT ${entryColumns}, (SELECT max(generation) FROM barrier) AS newest FROM entry WHERE key = ?`

type Use<A, E> = (connection: Connection) => Effect.Effect<A, E | SqlError>

export interface EntryDatabase {
  /** The row of a key. */
  readonly find: (key: string) => Effect.Effect<FoundRow | undefined, StorageFailure>
  readonly read: <A>(reads: Use<A, never>) => Effect.Effect<A, StorageFailure>

  /** For statements only. */
  readonly write: <A>(writes: Use<A, never>, durability: "relaxed" | "durable") => Effect.Effect<A, StorageFailure>

  /** For what checks a lease as well. */
  readonly writeLeased: <A, E>(writes: Use<A, E>) => Effect.Effect<A, Exclude<E, SqlError> | StorageFailure>
  readonly lease: typeof Lease.Service

  /** Grows with every commit, by whomever, that `read` sees. Cheap. Absent where there is nobody else. */
  readonly version: Effect.Effect<number, StorageFailure> | undefined
}

const store = "cache"

/** What cannot be a bug here, where no statement comes from outside: a table that is not there is damage. */
const damaged = (error: SqlError, operation: string): StorageFailure =>
  Option.getOrElse(
    SqliteFailure.fromCause(error, { store, operation }),
    () => new Corrupt({ store, operation, cause: error.cause })
  )

const typed = (operation: string) => <A>(statements: Effect.Effect<A, SqlError>) =>
  Effect.mapError(statements, (error) => damaged(error, operation))

const typedRead = typed("read")
const typedWrite = typed("write")

const pageBytes = 4096

/** A connection forgets it when it is closed. */
const wall = (connection: Connection, maxFileBytes: number) =>
  connection.executeUnprepared(
    `PRAGMA max_page_count = ${Math.max(1, Math.floor(maxFileBytes / pageBytes))}`,
    [],
    undefined
  )

/** With connections of its own for reads and for writes. */
const openFile = ({ deadline, filename, maxFileBytes }: Options) =>
  Effect.gen(function*() {
    const verify = yield* typed("open")(SqliteFile.unmoved(filename))
    const connection = yield* SqliteFile.connect({ filename, store, journalMode: "WAL", synchronous: "NORMAL" })
    if (maxFileBytes !== undefined) yield* typed("open")(wall(connection, maxFileBytes))
    const transact = yield* QuickTransaction.make({ connection, deadline, verify })
    const reader = yield* SqliteFile.openReader({ filename, store })
    const read: EntryDatabase["read"] = (reads) => typedRead(reads(reader))
    const write: EntryDatabase["write"] = (writes, durability) => typedWrite(transact(writes(connection), durability))
    const version = Effect.map(
      typedRead(reader.execute("PRAGMA data_version", [], undefined)),
      (rows: ReadonlyArray<{ readonly data_version: number }>) => rows[0]?.data_version ?? 0
    )
    const row = yield* Effect.mapError(HotRead.open({ filename, select }), (error) => damaged(error, "open"))
    const find: EntryDatabase["find"] = (key) =>
      Effect.suspend(() => {
        try {
          return Effect.succeed(row(key) as FoundRow | undefined)
        } catch (cause) {
          return Effect.fail(damaged(new SqlError({ cause }), "read"))
        }
      })
    return { find, read, write, version }
  })

export const open = (options: Options): Effect.Effect<EntryDatabase, StorageFailure, Scope.Scope> =>
  Effect.gen(function*() {
    const { deadline, filename } = options
    const database = yield* SqliteLocalDatabase.make({
      filename,
      migrations,
      store,
      synchronous: "NORMAL",
      deadline,
      upkeep: false
    })
    const lease = yield* SqlLease.make(database)

    const writeLeased: EntryDatabase["writeLeased"] = (writes) =>
      database.writeTransaction(
        Effect.contextWithEffect((context: Context.Context<never>) =>
          writes(Context.unsafeGet(context, TransactionConnection)[0])
        ),
        { durability: "relaxed" }
      ).pipe(
        Effect.catchAllDefect((defect) =>
          defect instanceof SqlError ? Effect.fail(damaged(defect, "write")) : Effect.die(defect)
        ),
        // Nothing inside calls the application, so nothing of the application's is lost from the trace.
        Effect.withTracerEnabled(false)
      )
    if (filename !== ":memory:") return { ...yield* openFile(options), writeLeased, lease }

    const read: EntryDatabase["read"] = (reads) =>
      Effect.withTracerEnabled(typedRead(Effect.scoped(Effect.flatMap(database.sql.reserve, reads))), false)
    const find: EntryDatabase["find"] = (key) =>
      read((connection) => Effect.map(connection.execute(select, [key], undefined), ([row]): FoundRow => row))
    return { find, read, write: writeLeased, writeLeased, lease, version: undefined }
  })
