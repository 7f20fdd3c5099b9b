/**
 * Opens one SQLite file for this process. Everything the machine can do to it while opening is typed.
 */
import type { Connection } from "@effect/sql/SqlConnection"
import { SqlError } from "@effect/sql/SqlError"
import { Duration, Effect, Schedule, Scope } from "effect"
import * as fs from "node:fs"
import { dirname } from "node:path"
import type { StorageFailure } from "../../../domain/storage/StorageFailure.ts"
import * as ApplicationFile from "./ApplicationFile.ts"
import * as ReplaceableClient from "./ReplaceableClient.ts"
import * as SqliteConnection from "./SqliteConnection.ts"
import * as SqliteFailure from "./SqliteFailure.ts"

/** `FULL` keeps a committed transaction through a power cut, `NORMAL` keeps it through a crash of the process. */
export type Synchronous = "FULL" | "NORMAL"

export interface Options {
  /** A path, or `:memory:`. A missing file and its folder are created for their owner only (0600, 0700). */
  readonly filename: string
  /** The file as the user knows it. */
  readonly store: string
  readonly journalMode: "WAL" | "MEMORY"
  readonly synchronous: Synchronous
  /** A file with anything in it and another mark, or none that this application made, is refused before it is touched. */
  readonly applicationId?: number
}

/** Waiting inside SQLite blocks the event loop; longer waits are retries around it. */
const busyTimeoutMillis = 2

/** What the write-ahead log is cut back to after a reader has kept it from starting again. */
export const journalSizeLimit = 64 * 1024 * 1024

const sizeOf = (path: string) => fs.statSync(path, { throwIfNoEntry: false })?.size

/** SQLite makes its other files with the mode that this one has: those of a time when it could not be written stay. */
const makeWritable = (filename: string) => {
  const mode = fs.statSync(filename).mode & 0o777
  for (const other of [`${filename}-wal`, `${filename}-shm`]) {
    const found = fs.statSync(other, { throwIfNoEntry: false })
    const isOurs = found?.uid === process.getuid?.()
    if (found !== undefined && isOurs && (mode & ~found.mode & 0o200) !== 0) fs.chmodSync(other, mode)
  }
}

/** Whether there was nothing in it. */
const createPrivate = (filename: string) => {
  fs.mkdirSync(dirname(filename), { recursive: true, mode: 0o700 })
  // Opened only when it is new, and closed before anything else runs: closing any descriptor of a file drops all
  // POSIX locks that this process has on it.
  const size = sizeOf(filename)
  if (size === undefined) fs.closeSync(fs.openSync(filename, "a", 0o600))
  makeWritable(filename)
  if (size !== undefined && size > 0) return false
  // The log of a file that was cut to nothing; SQLite would remove it.
  if ((sizeOf(`${filename}-wal`) ?? 0) > 0 && sizeOf(filename) === 0) {
    throw Object.assign(new Error("The file is empty, and its log is not"), { code: "SQLITE_CORRUPT" })
  }
  return true
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

/**
 * For a file that is written. `auto_vacuum` is for one that is still empty, and comes first: choosing the journal writes.
 * On any other it would write.
 */
const logged = (isEmpty: boolean) => [
  ...(isEmpty ? ["auto_vacuum = INCREMENTAL"] : []),
  "journal_mode = WAL",
  `journal_size_limit = ${journalSizeLimit}`,
  "wal_autocheckpoint = 1000",
  "foreign_keys = ON"
]

/** Memory-mapped reads are ended by a signal when the file is cut. */
const everywhere = ["mmap_size = 0", "trusted_schema = OFF"]

const pragmasOf = ({ journalMode, synchronous }: Options, isEmpty: boolean) => [
  ...(journalMode === "WAL" ? logged(isEmpty) : [`journal_mode = ${journalMode}`]),
  `synchronous = ${synchronous}`,
  ...everywhere
]

const prepare = (connection: Connection, pragmas: ReadonlyArray<string>) =>
  whileBusy(Effect.forEach(
    [`busy_timeout = ${busyTimeoutMillis}`, ...pragmas],
    (pragma) => connection.executeUnprepared(`PRAGMA ${pragma}`, [], undefined),
    { discard: true }
  ))

const typed = (store: string) => <A, R>(opening: Effect.Effect<A, SqlError, R>): Effect.Effect<A, StorageFailure, R> =>
  Effect.mapError(opening, (error) => SqliteFailure.fromOpening(error.cause, { store, operation: "open" }))

const attempt = <A>(act: () => A) => Effect.try({ try: act, catch: (cause) => new SqlError({ cause }) })

const connectThere = (options: Options, isEmpty = false) =>
  Effect.tap(
    SqliteConnection.open({ filename: options.filename, readonly: false }),
    (connection) => prepare(connection, pragmasOf(options, isEmpty))
  )

const connectOrCreate = (options: Options) =>
  Effect.gen(function*() {
    const { applicationId, filename } = options
    const isEmpty = filename === ":memory:" || (yield* attempt(() => createPrivate(filename)))
    if (isEmpty || applicationId === undefined) return yield* connectThere(options, isEmpty)
    const scope = yield* Effect.scope
    // It stays open until the other one is: who opens a file first reads all of its log.
    const recognized = ApplicationFile.recognize({ filename, applicationId, whileBusy })
    return yield* Effect.scoped(Effect.zipRight(recognized, Scope.extend(connectThere(options), scope)))
  })

/** The file is not created again, and what was in memory is gone: an empty database would hide that. */
const reconnect = (options: Options) =>
  Effect.zipRight(attempt(() => fs.statSync(options.filename)), connectThere(options))

/** The one connection of `filename`. Closed with the scope. */
export const connect = (options: Options): Effect.Effect<Connection, StorageFailure, Scope.Scope> =>
  typed(options.store)(connectOrCreate(options))

/** The client of `filename`. It has one connection, which `reserve` takes for oneself. Closed with the scope. */
export const open = (options: Options): Effect.Effect<ReplaceableClient.Replaceable, StorageFailure, Scope.Scope> =>
  typed(options.store)(ReplaceableClient.make({ connect: connectOrCreate(options), reconnect: reconnect(options) }))

const identity = (filename: string) => {
  const { dev, ino } = fs.statSync(filename)
  return `${dev} ${ino}`
}

/**
 * To be run again and again: it fails as soon as the file that is open now is not at its path any more. SQLite would go on
 * writing into one that nobody finds again.
 */
export const unmoved = (filename: string): Effect.Effect<Effect.Effect<void, SqlError>, SqlError> => {
  if (filename === ":memory:") return Effect.succeed(Effect.void)
  const identify = attempt(() => identity(filename))
  return Effect.map(identify, (opened) =>
    Effect.filterOrFail(
      identify,
      (now) => now === opened,
      () =>
        new SqlError({ cause: Object.assign(new Error("The file was replaced while it was open"), { code: "ESTALE" }) })
    ))
}

/**
 * A second connection of a file that `open` or another process has made: it reads what is committed, beside whatever
 * the other one does. For one fiber at a time, and of statements without waiting between them, for any number.
 */
export const openReader = (
  { filename, store }: Pick<Options, "filename" | "store">
): Effect.Effect<Connection, StorageFailure, Scope.Scope> =>
  SqliteConnection.open({ filename, readonly: true }).pipe(
    Effect.tap((connection) => prepare(connection, everywhere)),
    typed(store)
  )
