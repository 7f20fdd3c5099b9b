/**
 * The connection that statements inside a transaction use. It refuses them once the transaction is over: for a fiber that
 * outlives it, and after an error with which SQLite has taken everything back by itself (a full disk, a failed read or
 * write, `INSERT OR ROLLBACK`). What came after that would be committed alone.
 */
import { TransactionConnection } from "@effect/sql/SqlClient"
import type { SqlClient } from "@effect/sql/SqlClient"
import type { Connection } from "@effect/sql/SqlConnection"
import type { SqlError } from "@effect/sql/SqlError"
import { Context, Effect, Predicate } from "effect"

type Run<Arguments extends ReadonlyArray<unknown>, A> = (...arguments_: Arguments) => Effect.Effect<A, SqlError>

/** On a connection that only reads, nothing but a write is refused for that. */
const isWrite = ({ cause }: SqlError) =>
  Predicate.hasProperty(cause, "code") && String(cause.code).startsWith("SQLITE_READONLY")

export class GuardedConnection implements Connection {
  readonly execute: Connection["execute"]
  readonly executeRaw: Connection["executeRaw"]
  readonly executeValues: Connection["executeValues"]
  readonly executeUnprepared: Connection["executeUnprepared"]
  readonly executeStream: Connection["executeStream"]
  readonly kind: "write" | "snapshot"
  /** The client whose database it is. */
  readonly sql: SqlClient
  /** The transaction of another database around this one. */
  readonly outer: GuardedConnection | undefined
  isOpen = true
  /** The error with which SQLite ended the transaction. */
  ended: SqlError | undefined
  private readonly raw: Connection

  constructor(raw: Connection, kind: "write" | "snapshot", sql: SqlClient, outer?: GuardedConnection) {
    this.raw = raw
    this.kind = kind
    this.sql = sql
    this.outer = outer
    this.execute = this.guard(raw.execute)
    this.executeRaw = this.guard(raw.executeRaw)
    this.executeValues = this.guard(raw.executeValues)
    this.executeUnprepared = this.guard(raw.executeUnprepared)
    this.executeStream = raw.executeStream
  }

  /** Inside a transaction there is no BEGIN: the one that succeeds is for the ROLLBACK to come. */
  private readonly notice = (error: SqlError) =>
    Effect.match(this.raw.execute("BEGIN", [], undefined), {
      onFailure: () => undefined,
      onSuccess: () => void (this.ended = error)
    })

  private guard<Arguments extends ReadonlyArray<unknown>, A>(run: Run<Arguments, A>): Run<Arguments, A> {
    const guarded: Run<Arguments, A> = (...arguments_) =>
      Effect.suspend(() => {
        if (!this.isOpen) return Effect.dieMessage("A statement came after the end of its transaction")
        return this.ended ?? Effect.uninterruptible(Effect.tapError(run(...arguments_), this.notice))
      })
    if (this.kind === "write") return guarded
    return (...arguments_) =>
      Effect.tapError(
        guarded(...arguments_),
        (error) => isWrite(error) ? Effect.dieMessage("A write inside a snapshot") : Effect.void
      )
  }
}

/** The innermost transaction, of whatever database and over or not, that the fiber was started in. */
const innermost = (context: Context.Context<never>): GuardedConnection | undefined => {
  const [connection] = Context.getOrElse(context, TransactionConnection, () => [undefined])
  return connection instanceof GuardedConnection ? connection : undefined
}

/** The innermost transaction for which `is` holds. */
export const find = (
  context: Context.Context<never>,
  is: (transaction: GuardedConnection) => boolean
): GuardedConnection | undefined => {
  for (let found = innermost(context); found !== undefined; found = found.outer) if (is(found)) return found
  return undefined
}

/** The innermost transaction that the fiber is in. */
export const around = (context: Context.Context<never>): GuardedConnection | undefined =>
  find(context, ({ isOpen }) => isOpen)

/** The transaction of `sql` that the fiber is in, however many of other databases are between them. */
export const aroundOf = (context: Context.Context<never>, sql: SqlClient): GuardedConnection | undefined =>
  find(context, (transaction) => transaction.isOpen && transaction.sql === sql)
