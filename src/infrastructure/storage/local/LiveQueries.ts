/**
 * Queries that are run again when a commit has changed their tables. Triggers count the changes of each table in the
 * transaction that makes them, so that what was rolled back is nobody's change, and other processes' commits count too.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { Effect, Option, PubSub, Queue, RcRef, Stream } from "effect"
import type { Scope } from "effect"
import type { StorageFailure } from "../../../domain/storage/StorageFailure.ts"
import type { LocalDatabase } from "./LocalDatabase.ts"

const changes = ["insert", "update", "delete"] as const

const identifier = (name: string) => `"${name.replaceAll("\"", "\"\"")}"`
const literal = (text: string) => `'${text.replaceAll("'", "''")}'`
const triggerName = (table: string, change: string) => `live_${table}_${change}`

/** Counts every row, as SQLite knows no other triggers; only whether the number is another one matters. */
const createTrigger = (table: string, change: string) =>
  `CREATE TRIGGER ${identifier(triggerName(table, change))} AFTER ${change} ON ${identifier(table)} BEGIN
    UPDATE live_change SET changes = changes + 1 WHERE name = ${literal(table)};
  END`

const createCounters = `
  CREATE TABLE IF NOT EXISTS live_change (name TEXT PRIMARY KEY, changes INTEGER NOT NULL) STRICT`

/** Whether `prepare` has nothing to do. A migration that made a table anew has dropped its triggers. */
export const isPrepared = (sql: SqlClient, tables: ReadonlyArray<string>): Effect.Effect<boolean, SqlError> =>
  Effect.map(
    sql<{ readonly name: string; readonly tbl_name: string }>`
      SELECT name, tbl_name FROM sqlite_schema WHERE type = 'trigger'`,
    (triggers) =>
      tables.every((table) =>
        changes.every((change) =>
          triggers.some(({ name, tbl_name }) => tbl_name === table && name === triggerName(table, change))
        )
      )
  )

/** Makes what counts the changes of `tables`. Inside a write transaction, after the migrations. */
export const prepare = (sql: SqlClient, tables: ReadonlyArray<string>): Effect.Effect<void, SqlError> =>
  Effect.gen(function*() {
    yield* sql.unsafe(createCounters)
    for (const table of tables) {
      yield* sql`INSERT OR IGNORE INTO live_change (name, changes) VALUES (${table}, 0)`
      for (const change of changes) {
        yield* sql.unsafe(`DROP TRIGGER IF EXISTS ${identifier(triggerName(table, change))}`)
        yield* sql.unsafe(createTrigger(table, change))
      }
    }
  })

export interface Options extends Pick<typeof LocalDatabase.Service, "readSnapshot" | "sql"> {
  /** What `prepare` was given. */
  readonly tables: ReadonlyArray<string>
  /** Told of every commit of this process as soon as it is done; sliding. */
  readonly commits: PubSub.PubSub<void>
  /** Is another one after every commit, whoever made it. Asked for only while somebody subscribes. */
  readonly version: Effect.Effect<unknown, SqlError | StorageFailure>
}

/** How soon other processes' commits are seen. */
const pollInterval = "250 millis"

const watch = ({ commits, version }: Options) => {
  const quiet = Effect.exit(Effect.withTracerEnabled(version, false))
  return Effect.gen(function*() {
    let last = yield* quiet
    const look = Effect.gen(function*() {
      const now = yield* quiet
      // What cannot be read is told as well: those who then look have somebody to tell it to.
      if (now._tag === "Failure" || last._tag === "Failure" || now.value !== last.value) {
        yield* PubSub.publish(commits, undefined)
      }
      last = now
    })
    yield* Effect.forkScoped(Effect.interruptible(Effect.forever(Effect.delay(look, pollInterval))))
  })
}

/** Needs `prepare`. Asking for a table that was not prepared is a bug. */
export const make = (options: Options): Effect.Effect<(typeof LocalDatabase.Service)["live"], never, Scope.Scope> =>
  Effect.gen(function*() {
    const { commits, readSnapshot, sql } = options
    const watching = yield* RcRef.make({ acquire: watch(options) })

    const countOf = (tables: ReadonlyArray<string>) =>
      Effect.map(
        sql<{ readonly count: number }>`
          SELECT coalesce(sum(changes), 0) AS count FROM live_change WHERE ${sql.in("name", tables)}`,
        ([row]) => row?.count ?? 0
      )

    return (tables, reads) => {
      const unknown = tables.find((table) => !options.tables.includes(table))
      if (unknown !== undefined) return Stream.dieMessage(`The table "${unknown}" is not among those with live queries`)

      /** Both from the same snapshot: no commit can come between the count and what it stands for. */
      const readUnless = (seen: number) =>
        readSnapshot(
          Effect.flatMap(countOf(tables), (count) =>
            count === seen ? Effect.succeedNone : Effect.map(reads, (value) =>
              Option.some([value, count] as const)))
        )

      return Stream.unwrapScoped(Effect.gen(function*() {
        // Before the first read, so that a commit after it is heard of.
        const told = yield* PubSub.subscribe(commits)
        yield* RcRef.get(watching)
        const next = (seen: number): ReturnType<typeof readUnless> =>
          Effect.flatMap(readUnless(seen), (changed) =>
            Option.isSome(changed)
              ? Effect.succeed(changed)
              : Effect.zipRight(Queue.take(told), Effect.suspend(() => next(seen))))
        return Stream.unfoldEffect(-1, next)
      }))
    }
  })
