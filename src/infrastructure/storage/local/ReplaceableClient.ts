/**
 * A `SqlClient` over one connection, which is closed and opened again before its next use when nobody can tell any more
 * what state it is in. A statement keeps its turn until it is done, so that none gets into another fiber's transaction.
 */
import * as Reactivity from "@effect/experimental/Reactivity"
import * as SqlClient from "@effect/sql/SqlClient"
import type { Connection } from "@effect/sql/SqlConnection"
import type { SqlError } from "@effect/sql/SqlError"
import * as Statement from "@effect/sql/Statement"
import { Effect, Exit, Scope } from "effect"
import type { Context } from "effect"
import { find } from "./GuardedConnection.ts"

export interface Replaceable {
  readonly sql: SqlClient.SqlClient
  /** What `sql.reserve` does, without a scope. In an uninterruptible region: only waiting for the turn is interrupted. */
  readonly take: (restore: Restore) => Effect.Effect<Connection, SqlError>
  /** To be called once by who took the connection. */
  readonly giveBack: Effect.Effect<void>
  /** Runs `use` when nobody has the connection, and nothing otherwise. */
  readonly whenFree: <E>(use: (connection: Connection) => Effect.Effect<void, E>) => Effect.Effect<void, E>
  /** To be called by who has the connection, before giving it back. */
  readonly discard: Effect.Effect<void>
}

export type Restore = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

interface Open {
  readonly connection: Connection
  readonly scope: Scope.CloseableScope
}

export interface Options {
  readonly connect: Effect.Effect<Connection, SqlError, Scope.Scope>
  /** A failure of it is the failure of whatever wanted the connection; the next one tries again. */
  readonly reconnect: Effect.Effect<Connection, SqlError, Scope.Scope>
}

export const make = ({ connect, reconnect }: Options): Effect.Effect<Replaceable, SqlError, Scope.Scope> =>
  Effect.gen(function*() {
    const turn = yield* Effect.makeSemaphore(1)
    let current: Open | undefined
    let isClosed = false

    const open = (opening: Options["connect"]) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.gen(function*() {
          const scope = yield* Scope.make()
          const connection = yield* restore(Scope.extend(opening, scope)).pipe(
            Effect.onError((cause) => Scope.close(scope, Exit.failCause(cause)))
          )
          current = { connection, scope }
          return connection
        })
      )
    const discard = Effect.suspend(() => {
      const closing = current === undefined ? Effect.void : Scope.close(current.scope, Exit.void)
      current = undefined
      return closing
    })

    const giveBack = turn.release(1)
    const connection = Effect.suspend(() => {
      if (isClosed) return Effect.dieMessage("A statement came after its database was closed")
      return current === undefined ? open(reconnect) : Effect.succeed(current.connection)
    }).pipe(Effect.onError(() => giveBack))
    const take = (restore: Restore) => Effect.zipRight(restore(turn.take(1)), connection)
    const acquirer = Effect.uninterruptibleMask((restore) =>
      Effect.tap(
        take(restore),
        Effect.flatMap(Effect.scope, (scope) => Scope.addFinalizer(scope, giveBack))
      )
    )

    yield* Effect.addFinalizer(() => {
      isClosed = true
      return discard
    })
    yield* open(connect)
    const compiler = Statement.makeCompilerSqlite()
    const spanAttributes = [["db.system.name", "sqlite"]] as const
    const usual = yield* SqlClient.make({ acquirer, compiler, spanAttributes }).pipe(
      Effect.provideServiceEffect(Reactivity.Reactivity, Reactivity.make)
    )
    // The usual one sends its statements into whatever transaction is around them, also another file's.
    const own: Connection.Acquirer = Effect.contextWithEffect((context: Context.Context<never>) => {
      const transaction = find(context, (each) => each.sql === sql)
      return transaction === undefined ? acquirer : Effect.succeed(transaction)
    })
    const statement = Statement.make(own, compiler, spanAttributes, undefined)
    const sql: SqlClient.SqlClient = Object.assign(statement, { ...usual, ...statement, withoutTransforms: () => sql })
    Object.assign(sql, { safe: sql })
    const whenFree: Replaceable["whenFree"] = (use) =>
      Effect.asVoid(
        turn.withPermitsIfAvailable(1)(
          Effect.suspend(() => current === undefined ? Effect.void : use(current.connection))
        )
      )
    return { sql, take, giveBack, whenFree, discard }
  })
