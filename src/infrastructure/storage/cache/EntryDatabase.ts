/**
 * The database of a cache: a connection for reads, which no write holds up, and one for write transactions.
 */
import { SqlError } from "@effect/sql/SqlError"
import Database from "better-sqlite3"
import { Effect, Option } from "effect"
import type { Duration, Scope } from "effect"
import { Corrupt, Io } from "../../../domain/storage/StorageFailure.ts"
import type { StorageFailure } from "../../../domain/storage/StorageFailure.ts"
import type { Lease } from "../local/Lease.ts"
import * as MemoryLease from "../local/MemoryLease.ts"
import * as SqliteFailure from "../local/SqliteFailure.ts"
import * as SqliteFile from "../local/SqliteFile.ts"
import * as SqliteLocalDatabase from "../local/SqliteLocalDatabase.ts"
import * as SqlLease from "../local/SqlLease.ts"
import { create, migrations } from "./EntrySchema.ts"
import * as QuickTransaction from "./QuickTransaction.ts"
import * as Statements from "./Statements.ts"

export interface Options {
  /** A path, or `:memory:`. */
  readonly filename: string

  /** The hard wall for the file; writes that would go through it fail with `Full`. */
  readonly maxFileBytes?: number

  /** How long a write waits for other processes. */
  readonly deadline: Duration.DurationInput
}

export interface EntryDatabase {
  /** Each statement sees what is committed; several need not see the same. */
  readonly read: <A>(reads: (statements: Statements.Statements) => A) => Effect.Effect<A, StorageFailure>
  readonly write: QuickTransaction.Transact
  readonly lease: typeof Lease.Service

  /** Whether nobody has taken the lease over. Inside a write transaction. */
  readonly isHeld: (statements: Statements.Statements, fence: number) => boolean

  /** Grows with every commit, by whomever, that `read` sees. Cheap. Absent where there is nobody else. */
  readonly version: Effect.Effect<number, StorageFailure> | undefined
}

const store = "cache"

/** What the driver says, without a code, of a connection whose scope is closed. */
const isClosed = (cause: unknown) => cause instanceof TypeError && cause.message.includes("connection is not open")

/** What cannot be a bug here, where no statement comes from outside: a table that is not there is damage. */
const failed = (operation: string) => ({ cause }: SqlError): Effect.Effect<never, StorageFailure> => {
  const place = { store, operation }
  if (isClosed(cause)) return new Io({ ...place, cause })
  return Option.match(SqliteFailure.fromCause(cause, place), {
    onNone: () => cause instanceof Database.SqliteError ? new Corrupt({ ...place, cause }) : Effect.die(cause),
    onSome: Effect.fail
  })
}

const open = (filename: string, readonly: boolean, pragmas: ReadonlyArray<string>) =>
  Effect.catchAll(SqliteFile.whileBusy(Statements.open({ filename, readonly, pragmas })), failed("open"))

const reading = (statements: Statements.Statements): EntryDatabase["read"] => {
  const fail = failed("read")
  return (reads) =>
    Effect.suspend(() => {
      try {
        return Effect.succeed(reads(statements))
      } catch (cause) {
        return fail(new SqlError({ cause }))
      }
    })
}

/** Changes with every commit that is not of this connection. */
export const versionOf = ({ get }: Statements.Statements): number =>
  get<{ readonly data_version: number }>("PRAGMA data_version")?.data_version ?? 0

const pageBytes = 4096

/** A connection forgets them when it is closed. Memory-mapped reads are ended by a signal when the file is cut. */
const everywhere = ["mmap_size = 0", "trusted_schema = OFF"]

const written = (maxFileBytes: number | undefined) => [
  ...everywhere,
  "synchronous = NORMAL",
  `journal_size_limit = ${SqliteFile.journalSizeLimit}`,
  ...(maxFileBytes === undefined ? [] : [`max_page_count = ${Math.max(1, Math.floor(maxFileBytes / pageBytes))}`])
]

const openFile = (
  { deadline, filename, maxFileBytes }: Options
): Effect.Effect<EntryDatabase, StorageFailure, Scope.Scope> =>
  Effect.gen(function*() {
    const database = yield* SqliteLocalDatabase.make({
      filename,
      migrations,
      store,
      synchronous: "NORMAL",
      deadline,
      upkeep: false
    })
    const verify = yield* Effect.catchAll(SqliteFile.unmoved(filename), failed("open"))
    const statements = yield* open(filename, false, written(maxFileBytes))
    const read = reading(yield* open(filename, true, everywhere))
    return {
      read,
      write: QuickTransaction.make({ statements, deadline, verify, failed: failed("write") }),
      lease: yield* SqlLease.make(database),
      isHeld: (transaction, fence) => transaction.get("SELECT 1 FROM lease WHERE fence = ?", fence) !== undefined,
      version: read(versionOf)
    }
  })

const openMemory = (
  { deadline, filename, maxFileBytes }: Options
): Effect.Effect<EntryDatabase, StorageFailure, Scope.Scope> =>
  Effect.gen(function*() {
    const statements = yield* open(filename, false, written(maxFileBytes))
    const read = reading(statements)
    yield* read(({ exec }) => create.forEach(exec))
    return {
      read,
      write: QuickTransaction.make({ statements, deadline, verify: Effect.void, failed: failed("write") }),
      lease: yield* MemoryLease.make,
      isHeld: () => true,
      version: undefined
    }
  })

export const make = (options: Options): Effect.Effect<EntryDatabase, StorageFailure, Scope.Scope> =>
  options.filename === ":memory:" ? openMemory(options) : openFile(options)
