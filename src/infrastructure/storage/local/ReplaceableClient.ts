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
import * as HeldResource from "./HeldResource.ts"

export interface Replaceable {
  readonly sql: SqlClient.SqlClient
  /** To be called by who has reserved the connection, before giving it back. */
  readonly discard: Effect.Effect<void>
}

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
    const turn = yield* HeldResource.turns
    let current: Open | undefined

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

    const acquirer = Effect.zipRight(
      turn,
      Effect.suspend(() => current === undefined ? open(reconnect) : Effect.succeed(current.connection))
    )

    yield* Effect.addFinalizer(() => discard)
    yield* open(connect)
    const sql = yield* SqlClient.make({
      acquirer,
      compiler: Statement.makeCompilerSqlite(),
      spanAttributes: [["db.system.name", "sqlite"]]
    }).pipe(Effect.provideServiceEffect(Reactivity.Reactivity, Reactivity.make))
    return { sql, discard }
  })
