/**
 * Write transactions on the one connection of a client: `BEGIN IMMEDIATE` in asynchronous retries, and a ROLLBACK for
 * whatever does not end in a good COMMIT.
 */
import { TransactionConnection } from "@effect/sql/SqlClient"
import type { Connection } from "@effect/sql/SqlConnection"
import type { SqlError } from "@effect/sql/SqlError"
import { Clock, Duration, Effect, ExecutionStrategy, Exit, Predicate, Schedule, Scope } from "effect"
import * as Telemetry from "../../telemetry/catalogue/Database.ts"
import * as Span from "../../telemetry/Span.ts"
import { around, GuardedConnection } from "./GuardedConnection.ts"
import type { WriteOptions } from "./LocalDatabase.ts"
import type { Replaceable } from "./ReplaceableClient.ts"
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

/** Dies when the fiber is inside a write transaction: `what` takes its time, and all other writers would wait for it. */
export const refuseInside = (what: string): Effect.Effect<void> =>
  Effect.flatMap(Effect.context<never>(), (context) =>
    around(context)?.kind === "write"
      ? Effect.dieMessage(`${what} inside a write transaction: every other writer would wait for it`)
      : Effect.void)

export const make = (
  { committed, deadline, discard, sql, store, synchronous: usual, verify }: Options
) => {
  /** One try. The connection and the transaction belong to the scope, so that no interruption can leave them behind. */
  const beginOnce = (synchronous: SqliteFile.Synchronous) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function*() {
        const turn = yield* Scope.fork(yield* Effect.scope, ExecutionStrategy.sequential)
        return yield* Effect.gen(function*() {
          const raw = yield* restore(Scope.extend(sql.reserve, turn))
          if (synchronous !== usual) {
            yield* Scope.addFinalizer(turn, Effect.catchAll(set(raw, usual), () => discard))
            yield* set(raw, synchronous)
          }
          if (synchronous === "FULL") yield* verify
          yield* raw.execute("BEGIN IMMEDIATE", [], undefined)
          const transaction = new GuardedConnection(raw, "write", sql)
          const rollback = Effect.suspend(() => {
            if (!transaction.isOpen) return Effect.void
            transaction.isOpen = false
            return Effect.catchAll(
              raw.execute("ROLLBACK", [], undefined),
              (error) => isOver(error) ? Effect.void : discard
            )
          })
          yield* Scope.addFinalizer(turn, rollback)
          return { raw, transaction }
        }).pipe(Effect.onError((cause) => Scope.close(turn, Exit.failCause(cause))))
      })
    )

  /** Gives the connection back between tries: this process goes on reading while another one writes. */
  const begin = (synchronous: SqliteFile.Synchronous) =>
    Effect.gen(function*() {
      const start = yield* Clock.currentTimeMillis
      let waited = false
      const transaction = yield* Effect.retry(beginOnce(synchronous), {
        schedule: Schedule.intersect(SqliteFile.busySchedule, Schedule.recurUpTo(deadline)),
        while: (error) => (waited = SqliteFile.isBusy(error))
      })
      if (waited) {
        const wait = Duration.toSeconds((yield* Clock.currentTimeMillis) - start)
        Telemetry.waits.update(1, { "db.namespace": store })
        yield* Span.event(Telemetry.transaction, "busy", { "strata.database.wait": wait })
      }
      return transaction
    })

  const outermost = <A, E, R>(
    writes: Effect.Effect<A, E, R>,
    synchronous: SqliteFile.Synchronous
  ): Effect.Effect<A, E | SqlError, R> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(Scope.make(), (scope) =>
        restore(Scope.extend(begin(synchronous), scope)).pipe(
          Effect.flatMap(({ raw, transaction }) => {
            const commit = Effect.map(raw.execute("COMMIT", [], undefined), () => void (transaction.isOpen = false))
            return restore(Effect.provideService(writes, TransactionConnection, [transaction, 0])).pipe(
              Effect.zipLeft(commit)
            )
          }),
          Effect.onExit((exit) => Scope.close(scope, exit)),
          Effect.zipLeft(committed)
        ))
    ).pipe(Span.withSpan(Telemetry.transaction, { "db.system.name": "sqlite", "db.namespace": store }))

  return {
    /** Runs `statements` in the transaction around them, unless it is another file's or over. */
    join: <A, E, R>(statements: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
      Effect.flatMap(
        Effect.context<R>(),
        (context) => around(context)?.sql === sql ? statements : SqliteFile.outsideTransactions(statements)
      ),

    /** Runs `writes` in a transaction of their own, or in the one around them when it is this file's. */
    transact: <A, E, R>(
      writes: Effect.Effect<A, E, R>,
      { durability }: WriteOptions = {}
    ): Effect.Effect<A, E | SqlError, R> =>
      Effect.flatMap(Effect.context<R>(), (context) => {
        const outer = around(context)
        if (outer?.sql !== sql) return outermost(writes, level(durability) ?? usual)
        return outer.kind === "write" ? writes : Effect.dieMessage("A write transaction inside a snapshot")
      })
  }
}
