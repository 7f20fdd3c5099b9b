/**
 * Opens one SQLite file for this process. Everything the machine can do to it while opening is typed.
 */
import * as Reactivity from "@effect/experimental/Reactivity"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import { TransactionConnection } from "@effect/sql/SqlClient"
import type { SqlClient } from "@effect/sql/SqlClient"
import { SqlError } from "@effect/sql/SqlError"
import { Context, Duration, Effect, Schedule } from "effect"
import type { Scope } from "effect"
import * as fs from "node:fs"
import { dirname } from "node:path"
import type { StorageFailure } from "../../../domain/storage/StorageFailure.ts"
import * as SqliteFailure from "./SqliteFailure.ts"

export interface Options {
  /** A path, or `:memory:`. A missing file and its folder are created for their owner only (0600, 0700). */
  readonly filename: string
  /** The file as the user knows it. */
  readonly store: string
  readonly journalMode: "WAL" | "MEMORY"
  /** `FULL` keeps a committed transaction through a power cut, `NORMAL` keeps it through a crash of the process. */
  readonly synchronous: "FULL" | "NORMAL"
}

/** Waiting inside SQLite blocks the event loop; longer waits are retries around it. */
const busyTimeoutMillis = 2

/** A failed preparation is cached like a good one; it must not outlive its cause for long. */
const prepareCacheTTL = "1 second"

const createPrivate = (filename: string) => {
  fs.mkdirSync(dirname(filename), { recursive: true, mode: 0o700 })
  // Opened only when it is new, and closed before anything else runs: closing any descriptor of a file drops all
  // POSIX locks that this process has on it.
  if (fs.existsSync(filename)) return
  fs.closeSync(fs.openSync(filename, "a", 0o600))
}

/** Whether the cause is another process's lock. */
export const isBusy = (error: unknown): boolean => {
  const failure = SqliteFailure.fromCause(error, { store: "", operation: "" })
  return failure._tag === "Some" && failure.value._tag === "Busy"
}

/** Short waits with jitter, so that contenders do not move in step; in whole milliseconds, as clocks count. */
export const busySchedule = Schedule.spaced("15 millis").pipe(
  Schedule.jittered,
  Schedule.modifyDelay((_, delay) => Duration.millis(Math.round(Duration.toMillis(delay))))
)

/** Another process that creates the file, or repairs it after a crash, is done soon. */
export const whileBusy = <A, E, R>(statements: Effect.Effect<A, E, R>) =>
  Effect.retry(statements, {
    schedule: Schedule.intersect(busySchedule, Schedule.recurUpTo("5 seconds")),
    while: isBusy
  })

const pragmas = ({ journalMode, synchronous }: Options) => [
  `journal_mode = ${journalMode}`,
  `synchronous = ${synchronous}`,
  "foreign_keys = ON",
  "trusted_schema = OFF"
]

/** Every client joins any transaction it finds around it, also another file's. What this wraps stays out of it. */
export const outsideTransactions = <A, E, R>(statements: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.mapInputContext(
    statements,
    (context: Context.Context<R>) => Context.omit(TransactionConnection)(context) as Context.Context<R>
  )

/** The client of `filename`, closed with the scope. It has one connection, which `reserve` takes for oneself. */
export const open = (options: Options): Effect.Effect<SqlClient, StorageFailure, Scope.Scope> => {
  const { filename, store } = options
  return Effect.gen(function*() {
    if (filename !== ":memory:") {
      yield* Effect.try({ try: () => createPrivate(filename), catch: (cause) => new SqlError({ cause }) })
    }
    const reactivity = yield* Reactivity.make
    const sql = yield* SqliteClient.make({ filename, disableWAL: true, prepareCacheTTL }).pipe(
      Effect.provideService(Reactivity.Reactivity, reactivity)
    )
    yield* sql.unsafe(`PRAGMA busy_timeout = ${busyTimeoutMillis}`)
    for (const pragma of pragmas(options)) yield* whileBusy(sql.unsafe(`PRAGMA ${pragma}`))
    return sql
  }).pipe(
    Effect.catchAllDefect((cause) => new SqlError({ cause })),
    Effect.mapError((error) => SqliteFailure.fromOpening(error.cause, { store, operation: "open" })),
    outsideTransactions,
    Effect.withTracerEnabled(false)
  )
}
