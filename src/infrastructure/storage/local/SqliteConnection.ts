/**
 * The driver's connection to one SQLite file, with its surprises taken out. For one fiber at a time.
 */
import * as Reactivity from "@effect/experimental/Reactivity"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import { SafeIntegers, TransactionConnection } from "@effect/sql/SqlClient"
import type { Connection } from "@effect/sql/SqlConnection"
import { SqlError } from "@effect/sql/SqlError"
import { Context, Effect } from "effect"
import type { Scope } from "effect"

export interface Options {
  /** A path, or `:memory:`. */
  readonly filename: string
  readonly readonly: boolean
}

/** A failed preparation is cached like a good one; it must not outlive its cause for long. */
const prepareCacheTTL = "1 second"

/** Every client joins any transaction it finds around it, also another file's. What this wraps stays out of it. */
export const outsideTransactions = <A, E, R>(statements: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.mapInputContext(
    statements,
    (context: Context.Context<R>) => Context.omit(TransactionConnection)(context) as Context.Context<R>
  )

/**
 * The driver keeps prepared statements, and one that once gave `bigint` does so for ever: with `SafeIntegers` a statement
 * is another one. Without it, integers beyond 2^53 lose digits.
 */
const distinct = (run: (suffix: string) => ReturnType<Connection["execute"]>) =>
  Effect.withFiberRuntime<ReadonlyArray<unknown>, SqlError>((fiber) =>
    run(Context.get(fiber.currentContext, SafeIntegers) ? " --bigint" : "")
  )

const corrected = (raw: Connection): Connection => ({
  execute: (sql, params, transform) => distinct((suffix) => raw.execute(sql + suffix, params, transform)),
  executeRaw: (sql, params) => distinct((suffix) => raw.executeRaw(sql + suffix, params) as never),
  executeValues: (sql, params) => distinct((suffix) => raw.executeValues(sql + suffix, params)) as never,
  // The driver prepares at once, and throws what is wrong with the statement.
  executeUnprepared: (sql, params, transform) =>
    Effect.flatten(
      Effect.try({
        try: () => raw.executeUnprepared(sql, params, transform),
        catch: (cause) => new SqlError({ cause })
      })
    ),
  executeStream: raw.executeStream
})

/** Closed with the scope. What the machine does to it while opening is a failure, not a defect. */
export const open = ({ filename, readonly }: Options): Effect.Effect<Connection, SqlError, Scope.Scope> =>
  Effect.gen(function*() {
    const reactivity = yield* Reactivity.make
    const client = yield* SqliteClient.make({ filename, readonly, disableWAL: true, prepareCacheTTL }).pipe(
      Effect.provideService(Reactivity.Reactivity, reactivity)
    )
    return corrected(yield* client.reserve)
  }).pipe(
    Effect.catchAllDefect((cause) => new SqlError({ cause })),
    outsideTransactions,
    Effect.withTracerEnabled(false)
  )
