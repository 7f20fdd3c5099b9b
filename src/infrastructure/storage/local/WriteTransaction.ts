/**
 * Write transactions on the one connection of a client: `BEGIN IMMEDIATE` in asynchronous retries, and a ROLLBACK for
 * whatever does not end in a good COMMIT.
 */
import { TransactionConnection } from "@effect/sql/SqlClient"
import type { Connection } from "@effect/sql/SqlConnection"
import type { SqlError } from "@effect/sql/SqlError"
import { Clock, Duration, Effect, Either, Predicate, Schedule } from "effect"
import * as Telemetry from "../../telemetry/catalogue/Database.ts"
import * as Span from "../../telemetry/Span.ts"
import { around, aroundOf, find, GuardedConnection } from "./GuardedConnection.ts"
import type { WriteOptions } from "./LocalDatabase.ts"
import type { Replaceable, Restore } from "./ReplaceableClient.ts"
import { outsideTransactions } from "./SqliteConnection.ts"
import * as SqliteFile from "./SqliteFile.ts"

export interface Options extends Replaceable {
  readonly store: string
  /** How long to try while other processes write. */
  readonly deadline: Duration.DurationInput
  /** What a transaction gets that does not say. The connection is set to it. */
  readonly synchronous: SqliteFile.Synchronous
  /** Before a transaction that is to survive a power cut: whether the file is still where it will be looked for. */
  readonly verify: Effect.Effect<void, SqlError>
  /** After every good COMMIT. */
  readonly committed: Effect.Effect<void>
}

const level = (durability: WriteOptions["durability"]): SqliteFile.Synchronous | undefined =>
  durability && (durability === "durable" ? "FULL" : "NORMAL")

/** SQLite sets some pragmas while it prepares the statement: one that is kept would do nothing the second time. */
const set = (raw: Connection, synchronous: SqliteFile.Synchronous) =>
  raw.executeUnprepared(`PRAGMA synchronous = ${synchronous}`, [], undefined)

/** After a full disk or a failed write SQLite has rolled back by itself, and says so. */
const isOver = ({ cause }: SqlError) =>
  Predicate.hasProperty(cause, "message") && String(cause.message).includes("no transaction is active")

const end = (raw: Connection, statement: "COMMIT" | "ROLLBACK") => raw.execute(statement, [], undefined)

/** Also when there is nothing left to roll back. A connection that cannot be used any more is discarded. */
export const rollback = (raw: Connection, discard: Effect.Effect<void>): Effect.Effect<void> =>
  Effect.catchAll(end(raw, "ROLLBACK"), (error) => isOver(error) ? Effect.void : discard)

/** Dies when the fiber is inside a write transaction: `what` takes its time, and all other writers would wait for it. */
export const refuseInside = (what: string): Effect.Effect<void> =>
  Effect.flatMap(
    Effect.context<never>(),
    (context) =>
      find(context, ({ isOpen, kind }) => isOpen && kind === "write") !== undefined
        ? Effect.dieMessage(`${what} inside a write transaction: every other writer would wait for it`)
        : Effect.void
  )

/** Names need not differ: the innermost savepoint of a name is meant. */
const savepoint = <A, E, R>(transaction: GuardedConnection, statements: Effect.Effect<A, E, R>) => {
  const run = (statement: string) => transaction.execute(`${statement} nested`, [], undefined)
  const undo = Effect.catchAll(
    Effect.zipRight(run("ROLLBACK TO"), run("RELEASE")),
    // What cannot be undone alone is undone with all the rest.
    (error) => Effect.sync(() => void (transaction.ended ??= error))
  )
  return Effect.uninterruptibleMask((restore) =>
    Effect.zipRight(
      run("SAVEPOINT"),
      Effect.zipLeft(restore(statements), run("RELEASE")).pipe(Effect.onError(() => undo))
    )
  )
}

export const make = (
  { committed, deadline, discard, giveBack, sql, store, synchronous: usual, take, verify }: Options
) => {
  /** Everything here is uninterruptible but the waiting, so that no interruption can leave a connection behind. */
  const giveBackFrom = (raw: Connection, synchronous: SqliteFile.Synchronous) =>
    synchronous === usual ? giveBack : Effect.zipRight(Effect.catchAll(set(raw, usual), () => discard), giveBack)

  const beginOnce = (restore: Restore, synchronous: SqliteFile.Synchronous): Effect.Effect<Connection, SqlError> =>
    Effect.flatMap(take(restore), (raw) => {
      // Who left a transaction open on this connection has failed; nobody else shall.
      const begin = raw.execute("BEGIN IMMEDIATE", [], undefined).pipe(
        Effect.tapError((error) => SqliteFile.isBusy(error) ? Effect.void : rollback(raw, discard)),
        Effect.as(raw)
      )
      const verified = synchronous === "FULL" ? Effect.zipRight(verify, begin) : begin
      const leveled = synchronous === usual ? verified : Effect.zipRight(set(raw, synchronous), verified)
      return Effect.onError(leveled, () => giveBackFrom(raw, synchronous))
    })

  /** Gives the connection back between tries: this process goes on reading while another one writes. */
  const waitAndBegin = (restore: Restore, synchronous: SqliteFile.Synchronous, first: SqlError) =>
    Effect.gen(function*() {
      const start = yield* Clock.currentTimeMillis
      const pauses = yield* Schedule.driver(
        Schedule.intersect(SqliteFile.busySchedule, Schedule.recurUpTo(deadline))
      )
      for (let busy = first;;) {
        yield* Effect.mapError(restore(pauses.next(undefined)), () => busy)
        const begun = yield* Effect.either(beginOnce(restore, synchronous))
        if (Either.isRight(begun)) {
          const wait = Duration.toSeconds((yield* Clock.currentTimeMillis) - start)
          Telemetry.waits.update(1, { "db.namespace": store })
          yield* Span.event(Telemetry.transaction, "busy", { "strata.database.wait": wait })
          return begun.right
        }
        if (!SqliteFile.isBusy(begun.left)) return yield* begun.left
        busy = begun.left
      }
    })

  const outermost = <A, E, R>(
    writes: Effect.Effect<A, E, R>,
    synchronous: SqliteFile.Synchronous,
    outer: GuardedConnection | undefined
  ): Effect.Effect<A, E | SqlError, R> =>
    Effect.uninterruptibleMask((restore) =>
      beginOnce(restore, synchronous).pipe(
        Effect.catchIf(SqliteFile.isBusy, (error) => waitAndBegin(restore, synchronous, error)),
        Effect.flatMap((raw) => {
          const transaction = new GuardedConnection(raw, "write", sql, outer)
          return restore(Effect.provideService(writes, TransactionConnection, [transaction, 0])).pipe(
            Effect.onExit(() => Effect.sync(() => void (transaction.isOpen = false))),
            Effect.zipLeft(Effect.suspend(() => transaction.ended ?? end(raw, "COMMIT"))),
            Effect.onError(() => rollback(raw, discard)),
            Effect.ensuring(giveBackFrom(raw, synchronous))
          )
        }),
        Effect.zipLeft(committed)
      )
    ).pipe(Span.withSpan(Telemetry.transaction, { "db.system.name": "sqlite", "db.namespace": store }))

  /** Runs `writes` in a transaction of their own, or in the one around them when it is this file's. */
  const transact = <A, E, R>(
    writes: Effect.Effect<A, E, R>,
    { durability }: WriteOptions = {}
  ): Effect.Effect<A, E | SqlError, R> =>
    Effect.flatMap(Effect.context<R>(), (context) => {
      const own = aroundOf(context, sql)
      if (own === undefined) return outermost(writes, level(durability) ?? usual, around(context))
      return own.kind === "write" ? writes : Effect.dieMessage("A write transaction inside a snapshot")
    })

  return {
    transact,

    /** What `sql.withTransaction` is to be: `transact`, but what fails inside a transaction is undone alone. */
    withTransaction: <A, E, R>(statements: Effect.Effect<A, E, R>): Effect.Effect<A, E | SqlError, R> =>
      Effect.flatMap(Effect.context<R>(), (context) => {
        const own = aroundOf(context, sql)
        return own === undefined ? transact(statements) : savepoint(own, statements)
      }),

    /** Runs `statements` in this file's transaction around them, and outside of one that is over. */
    join: <A, E, R>(statements: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
      Effect.flatMap(
        Effect.context<R>(),
        (context) =>
          find(context, (transaction) => transaction.sql === sql)?.isOpen === false
            ? outsideTransactions(statements)
            : statements
      )
  }
}
