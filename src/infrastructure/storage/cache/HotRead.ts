/**
 * One prepared statement on a connection of its own, called directly: a cache's reads are so short that the client around
 * the driver, made for any statement, would cost three times what they do.
 */
import { SqlError } from "@effect/sql/SqlError"
import Database from "better-sqlite3"
import { Effect } from "effect"
import type { Scope } from "effect"

export interface Options {
  readonly filename: string

  /** Of one row, by one text. */
  readonly select: string
}

/** Waiting inside SQLite blocks the event loop. */
const timeout = 2

/** Throws what the driver throws: who calls it types that. Closed with the scope. */
export const open = ({ filename, select }: Options): Effect.Effect<(text: string) => unknown, SqlError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.try({
      try: () => new Database(filename, { readonly: true, fileMustExist: true, timeout }),
      catch: (cause) => new SqlError({ cause })
    }),
    (database) => Effect.sync(() => database.close())
  ).pipe(
    Effect.flatMap((database) =>
      Effect.try({ try: () => database.prepare(select), catch: (cause) => new SqlError({ cause }) })
    ),
    Effect.map((statement) => (text: string) => statement.get(text))
  )
