/**
 * Whether a database file is this application's, seen through a connection that can change nothing.
 */
import { SqlError } from "@effect/sql/SqlError"
import { Effect, Predicate } from "effect"
import type { Scope } from "effect"
import * as SqliteConnection from "./SqliteConnection.ts"

export interface Options {
  readonly filename: string
  /** What `PRAGMA application_id` has to be. */
  readonly applicationId: number
  /** Waits while another process creates or repairs the file. */
  readonly whileBusy: <A>(statement: Effect.Effect<A, SqlError>) => Effect.Effect<A, SqlError>
}

const codeOf = ({ cause }: SqlError) => Predicate.hasProperty(cause, "code") ? String(cause.code) : ""

/**
 * Fails for a file with anything in it and another mark, also when it comes from a log beside the file that belongs to
 * another one: SQLite would write it into the file. Older versions of the application made files without a mark, but
 * never without a table of migrations.
 */
export const recognize = ({ applicationId, filename, whileBusy }: Options) => {
  const look = (readonly: boolean): Effect.Effect<void, SqlError, Scope.Scope> =>
    Effect.gen(function*() {
      const connection = yield* SqliteConnection.open({ filename, readonly })
      const read = (sql: string) => whileBusy(connection.executeUnprepared(sql, [], undefined))
      yield* read("PRAGMA busy_timeout = 0")
      const [mark] = yield* read("PRAGMA application_id")
      if (mark?.application_id === applicationId) return
      const tables = yield* read("SELECT name FROM sqlite_schema LIMIT 1")
      // The name alone is what others call theirs as well.
      const ours = yield* read(
        "SELECT name FROM pragma_table_info('migrations') WHERE name IN ('id', 'name', 'applied_at')"
      )
      if (mark?.application_id === 0 && (tables.length === 0 || ours.length === 3)) return
      return yield* new SqlError({ cause: Object.assign(new Error("Made by another application"), { code: "EFTYPE" }) })
    })
  // Whoever was killed while it created the file left something to undo before anybody can read it.
  return Effect.catchIf(look(true), (error) => codeOf(error).startsWith("SQLITE_READONLY"), () => look(false))
}
