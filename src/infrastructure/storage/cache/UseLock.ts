/**
 * Who uses a file, told by locks that the operating system frees when a process dies: any number of users, or one that
 * is alone. The lock is a file beside it, as one that is damaged cannot be locked by SQLite.
 */
import type { SqlError } from "@effect/sql/SqlError"
import { Effect, Option } from "effect"
import type { Scope } from "effect"
import type { StorageFailure } from "../../../domain/storage/StorageFailure.ts"
import * as HeldResource from "../local/HeldResource.ts"
import * as SqliteFailure from "../local/SqliteFailure.ts"
import * as SqliteFile from "../local/SqliteFile.ts"

const store = "cache lock"
const typed = SqliteFailure.typed({ store, operation: "acquire" })

const open = (filename: string) => SqliteFile.connect({ filename, store, journalMode: "MEMORY", synchronous: "NORMAL" })

const attempt = (filename: string, ...statements: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const connection = yield* open(filename)
    yield* Effect.forEach(statements, (statement) => connection.execute(statement, [], undefined))
    return Option.some<void>(undefined)
  }).pipe(
    Effect.catchIf((failure: SqlError | StorageFailure) => SqliteFile.isBusy(failure), () => Effect.succeedNone),
    HeldResource.orNothing,
    typed
  )

/** Beside others, until the scope closes; `none` while somebody is alone with it. */
export const share = (filename: string): Effect.Effect<Option.Option<void>, StorageFailure, Scope.Scope> =>
  attempt(filename, "BEGIN", "SELECT count(*) FROM sqlite_schema")

/** Until the scope closes; `none` while anybody uses it. */
export const exclude = (filename: string): Effect.Effect<Option.Option<void>, StorageFailure, Scope.Scope> =>
  attempt(filename, "BEGIN EXCLUSIVE")
