/**
 * Write transactions on the one connection of a client: `BEGIN IMMEDIATE` in asynchronous retries, and a ROLLBACK for
 * whatever does not end in a good COMMIT.
 */
import { TransactionConnection } from "@effect/sql/SqlClient"
import type { SqlClient } from "@effect/sql/SqlClient"
import type { Connection } from "@effect/sql/SqlConnection"
import type { SqlError } from "@effect/sql/SqlError"
import { Clock, Context, Duration, Effect, ExecutionStrategy, Exit, Option, Schedule, Scope } from "effect"
import * as Telemetry from "../../telemetry/catalogue/Database.ts"
import * as Span from "../../telemetry/Span.ts"
import * as SqliteFile from "./SqliteFile.ts"

export interface Options {
  readonly sql: SqlClient
  readonly store: string
  /** How long to try while other processes write. */
  readonly deadline: Duration.DurationInput
}

interface Transaction {
  /** What statements inside use; refuses them once the transaction is over, as a fiber that outlives it would send them. */
  readonly connection: Connection
  readonly commit: Effect.Effect<void, SqlError>
  open: boolean
}

const makeTransaction = (raw: Connection): Transaction => {
  const guard = <Arguments extends ReadonlyArray<unknown>, A>(
    run: (...arguments_: Arguments) => Effect.Effect<A, SqlError>
  ) =>
  (...arguments_: Arguments) =>
    Effect.suspend(() =>
      transaction.open ? run(...arguments_) : Effect.dieMessage("A statement came after the end of its transaction")
    )
  const transaction: Transaction = {
    connection: {
      execute: guard(raw.execute),
      executeRaw: guard(raw.executeRaw),
      executeValues: guard(raw.executeValues),
      executeUnprepared: guard(raw.executeUnprepared),
      executeStream: raw.executeStream
    },
    commit: Effect.zipRight(raw.execute("COMMIT", [], undefined), Effect.sync(() => void (transaction.open = false))),
    open: true
  }
  return transaction
}

export const make = ({ deadline, sql, store }: Options) => {
  let current: Transaction | undefined

  /** One try. The connection and the transaction belong to the scope, so that no interruption can leave them behind. */
  const beginOnce = Effect.uninterruptibleMask((restore) =>
    Effect.gen(function*() {
      const turn = yield* Scope.fork(yield* Effect.scope, ExecutionStrategy.sequential)
      return yield* Effect.gen(function*() {
        const raw = yield* restore(Scope.extend(sql.reserve, turn))
        yield* raw.execute("BEGIN IMMEDIATE", [], undefined)
        const transaction = makeTransaction(raw)
        current = transaction
        const rollback = Effect.suspend(() => {
          current = undefined
          if (!transaction.open) return Effect.void
          transaction.open = false
          // After a full disk or a failed write SQLite has rolled back by itself and refuses this one.
          return Effect.ignore(raw.execute("ROLLBACK", [], undefined))
        })
        yield* Scope.addFinalizer(turn, rollback)
        return transaction
      }).pipe(Effect.onError((cause) => Scope.close(turn, Exit.failCause(cause))))
    })
  )

  /** Gives the connection back between tries: this process goes on reading while another one writes. */
  const begin = Effect.gen(function*() {
    const start = yield* Clock.currentTimeMillis
    let waited = false
    const transaction = yield* Effect.retry(beginOnce, {
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

  const outermost = <A, E, R>(writes: Effect.Effect<A, E, R>): Effect.Effect<A, E | SqlError, R> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(Scope.make(), (scope) =>
        restore(Scope.extend(begin, scope)).pipe(
          Effect.flatMap(({ commit, connection }) =>
            Effect.zipLeft(
              restore(Effect.provideService(writes, TransactionConnection, [connection, 0])),
              commit
            )
          ),
          Effect.onExit((exit) => Scope.close(scope, exit))
        ))
    ).pipe(Span.withSpan(Telemetry.transaction, { "db.system.name": "sqlite", "db.namespace": store }))

  const isOurs = (context: Context.Context<never>) =>
    Option.exists(
      Context.getOption(context, TransactionConnection),
      ([connection]) => connection === current?.connection
    )

  return {
    /** Runs `statements` in the transaction around them, unless it is another file's or over. */
    join: <A, E, R>(statements: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
      Effect.flatMap(Effect.context<R>(), (context) =>
        isOurs(context)
          ? statements
          : SqliteFile.outsideTransactions(statements)),

    /** Runs `writes` in a transaction of their own, or in the one around them when it is this file's. */
    transact: <A, E, R>(writes: Effect.Effect<A, E, R>): Effect.Effect<A, E | SqlError, R> =>
      Effect.flatMap(Effect.context<R>(), (context) => isOurs(context) ? writes : outermost(writes))
  }
}
