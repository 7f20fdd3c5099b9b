/**
 * What a migration is told by: SHA-256 of the statements it sends when every answer is empty. White space, comments in
 * the code and the migration's name may change; what it does may not.
 */
import * as Reactivity from "@effect/experimental/Reactivity"
import * as SqlClient from "@effect/sql/SqlClient"
import type { Connection } from "@effect/sql/SqlConnection"
import * as Statement from "@effect/sql/Statement"
import { Effect, Stream } from "effect"
import { createHash } from "node:crypto"
import type { Migration } from "./Migration.ts"
import { outsideTransactions } from "./SqliteConnection.ts"

/** In hexadecimal digits, in the order of the migrations. */
export const ofAll = (migrations: ReadonlyArray<Migration>): Effect.Effect<ReadonlyArray<string>> =>
  Effect.gen(function*() {
    let hash = createHash("sha256")
    const record = (statement: string) =>
      Effect.sync(() => {
        hash.update(`${statement.replace(/\s+/g, " ").trim()};`)
        return []
      })
    const connection: Connection = {
      execute: record,
      executeRaw: record,
      executeValues: record,
      executeUnprepared: record,
      executeStream: () => Stream.empty
    }
    const sql = yield* SqlClient.make({
      acquirer: Effect.succeed(connection),
      compiler: Statement.makeCompilerSqlite(),
      spanAttributes: []
    }).pipe(Effect.provideServiceEffect(Reactivity.Reactivity, Reactivity.make))
    return yield* Effect.forEach(migrations, ({ run }) => {
      hash = createHash("sha256")
      // One that takes a row for granted ends here, at the same statement every time.
      return Effect.map(Effect.exit(run(sql)), () => hash.digest("hex"))
    })
  }).pipe(outsideTransactions, Effect.withTracerEnabled(false))
