/**
 * `DatabaseMaintenance` of one SQLite file. It works on the path and never through `LocalDatabase`, so that it serves
 * when that cannot be built. All data files are kept, whatever becomes of them.
 */
import { Effect, Layer, Option } from "effect"
import type { Duration } from "effect"
import {
  AlreadyThere,
  DatabaseMaintenance,
  DatabaseReport,
  InvalidBackup,
  NoDatabase
} from "../../../domain/operations/DatabaseMaintenance.ts"
import { Busy, Corrupt, NewerThanApp, Unrecognized } from "../../../domain/storage/StorageFailure.ts"
import type { StorageFailure } from "../../../domain/storage/StorageFailure.ts"
import * as Telemetry from "../../telemetry/catalogue/Maintenance.ts"
import * as Span from "../../telemetry/Span.ts"
import * as DatabaseFiles from "./DatabaseFiles.ts"
import * as DatabaseProcess from "./DatabaseProcess.ts"
import type { Migration } from "./Migration.ts"
import * as MigrationChecksum from "./MigrationChecksum.ts"
import { ProcessLock } from "./ProcessLock.ts"
import * as SqliteFailure from "./SqliteFailure.ts"
import type { Place } from "./SqliteFailure.ts"
import { applicationId } from "./SqliteLocalDatabase.ts"

export interface Options {
  readonly filename: string
  /** Every step there ever was: a file with others is not this application's. */
  readonly migrations: ReadonlyArray<Migration>
  /** The file as the user knows it; `database` unless told. */
  readonly store?: string
}

interface Inspection extends Pick<DatabaseProcess.Inspection, "problems" | "steps"> {
  readonly isOurs: boolean
}

/** How long to wait for a process that is opening the database. */
const openingDeadline: Duration.DurationInput = "10 seconds"

/** Where they cannot be moved, only who opens the database in `whileOpening` is kept out in that moment. */
const movesOpenFiles = process.platform !== "win32"

const invalid = (problem: string) => new InvalidBackup({ problem })

/** Held while a database is opened, and while its file is replaced: an opener could get the log of another file. */
const openingLock = (store: string) => `${store}-opening`

const inTurn = (lock: typeof ProcessLock.Service, place: Place, deadline: Duration.DurationInput) => {
  const name = openingLock(place.store)
  return <A, E, R>(work: Effect.Effect<A, E, R>) =>
    Effect.catchIf(
      lock.withLock(name, deadline)(work),
      (failure): failure is Busy => failure instanceof Busy && failure.store.startsWith(name),
      () => new Busy(place)
    )
}

/** Opens a database in `opening`, and never one that is being replaced meanwhile. */
export const whileOpening = (store = "database") => <A, E, R>(opening: Effect.Effect<A, E, R>) =>
  Effect.flatMap(ProcessLock, (lock) => inTurn(lock, { store, operation: "open" }, "2 minutes")(opening))

export const make = ({ filename, migrations, store = "database" }: Options) =>
  Effect.gen(function*() {
    const lock = yield* ProcessLock
    const knownVersion = migrations.length

    const during = (operation: string, of?: string) => {
      const place = { store: of ?? store, operation }
      return {
        files: DatabaseFiles.make(place),
        typed: Effect.mapError(({ cause }: DatabaseProcess.CallFailed) => SqliteFailure.fromOpening(cause, place))
      }
    }

    const span = (operation: string) =>
      Span.withSpan(Telemetry.maintain, {
        "db.system.name": "sqlite",
        "db.namespace": store,
        "strata.database.operation": operation
      })

    const checksums = yield* Effect.cached(MigrationChecksum.ofAll(migrations))

    /** Files that older versions made have neither checksums nor an `application_id`. */
    const inspect = (file: string) =>
      Effect.zipWith(DatabaseProcess.inspect(file, "integrity_check", applicationId), checksums, (found, known) => ({
        ...found,
        isOurs: found.isRecognized &&
          found.steps.every(({ checksum, id, name }, index) =>
            id === index + 1 &&
            (index >= knownVersion ||
              (checksum === undefined ? name === migrations[index]?.name : checksum === known[index]))
          )
      }))

    const adviceOn = ({ isOurs, problems, steps }: Inspection): ReadonlyArray<string> => [
      ...(problems.length === 0 ? [] : [
        "Put the last backup in its place: \"strata db restore FILE\"",
        "Without a backup, set it aside and begin with an empty one: \"strata db quarantine\""
      ]),
      ...(steps.length > knownVersion ? ["Install the version that wrote it, or a newer one"] : []),
      ...(isOurs ? [] : ["Its schema was not made by this application: look whether the path is right"])
    ]

    const check = Effect.gen(function*() {
      const { files, typed } = during("check")
      const bytes = yield* files.size(filename)
      const inspection = Option.isSome(bytes)
        ? yield* typed(inspect(filename))
        : { problems: [], steps: [], isOurs: true }
      return new DatabaseReport({
        location: filename,
        exists: Option.isSome(bytes),
        bytes: Option.getOrElse(bytes, () => 0),
        version: inspection.steps.at(-1)?.id ?? 0,
        knownVersion,
        problems: inspection.problems,
        advice: adviceOn(inspection)
      })
    })

    /** What fails is the database, unless it is the disk that the copy goes to. */
    const copied = (copy: string) =>
      Effect.mapError(DatabaseProcess.copy(filename, copy), ({ cause, reading }) => {
        const failure = SqliteFailure.fromOpening(cause, { store, operation: "backup" })
        const isOfTarget = !reading && ["Full", "Io", "ReadOnly"].includes(failure._tag)
        return isOfTarget ? SqliteFailure.fromOpening(cause, { store: "backup", operation: "backup" }) : failure
      })

    const backup = (path: string) =>
      Effect.gen(function*() {
        const { files, typed } = during("backup", "backup")
        if (Option.isSome(yield* files.size(path))) return yield* new AlreadyThere({ path })
        if (Option.isNone(yield* during("backup").files.size(filename))) {
          return yield* new NoDatabase({ location: filename })
        }
        const copy = yield* files.temporary(path)
        yield* copied(copy)
        const { isOurs, problems } = yield* typed(inspect(copy))
        if (problems.length > 0) return yield* new Corrupt({ store, operation: "backup" })
        if (!isOurs) return yield* new Unrecognized({ store, operation: "backup" })
        yield* files.sync(copy)
        if (!(yield* files.publish(copy, path))) return yield* new AlreadyThere({ path })
        return Option.getOrElse(yield* files.size(path), () => 0)
      }).pipe(Effect.scoped)

    const copyGiven = (path: string, copy: string) =>
      Effect.catchAll(
        DatabaseProcess.copy(path, copy),
        ({ cause, reading }): Effect.Effect<never, StorageFailure | InvalidBackup> => {
          const failure = SqliteFailure.fromOpening(cause, { store, operation: "restore" })
          if (failure._tag === "Corrupt") return invalid("it is not a database, or a damaged one")
          return reading ? invalid(`it cannot be read where it is (${failure._tag})`) : Effect.fail(failure)
        }
      )

    const judge = ({ isOurs, problems, steps }: Inspection) => {
      if (problems.length > 0) return invalid(`it is damaged (${problems[0]})`)
      if (steps.length === 0 || !isOurs) return invalid("it is the database of another program")
      return steps.length > knownVersion ? new NewerThanApp({ store: "backup", operation: "restore" }) : Effect.void
    }

    /** Runs `work` while nobody opens the database or has it open, with whether the first file is the whole of it. */
    const alone = <A>(operation: string, work: (isWhole: boolean) => Effect.Effect<A, StorageFailure>) =>
      Effect.gen(function*() {
        const { files, typed } = during(operation)
        const hold = typed(DatabaseProcess.hold(filename, applicationId))
        const isThere = Option.isSome(yield* files.size(filename))
        const isWhole = isThere && (yield* movesOpenFiles ? hold : Effect.scoped(hold))
        return yield* Effect.uninterruptible(work(isWhole))
      }).pipe(Effect.scoped, inTurn(lock, { store, operation }, openingDeadline))

    const restore = (path: string) =>
      Effect.gen(function*() {
        const { files, typed } = during("restore")
        if (Option.isNone(yield* files.size(path))) return yield* invalid("there is no such file")
        if (yield* files.isSame(path, filename)) return yield* invalid("it is the database itself")
        const copy = yield* files.temporary(filename)
        yield* copyGiven(path, copy)
        yield* judge(yield* typed(inspect(copy)))
        yield* files.sync(copy)
        const exchange = (isWhole: boolean) =>
          Effect.zipLeft(files.keepAside(filename, "previous", isWhole), files.replace(copy, filename))
        return { previous: yield* alone("restore", exchange) }
      }).pipe(Effect.scoped)

    const quarantine = Effect.suspend(() => {
      const { files } = during("quarantine")
      const move = (isWhole: boolean) =>
        Effect.tap(
          files.keepAside(filename, "damaged", isWhole),
          (kept) => Option.isSome(kept) ? files.remove(filename) : Effect.void
        )
      return alone("quarantine", move)
    })

    return DatabaseMaintenance.of({
      check: span("check")(check),
      backup: (path) => span("backup")(backup(path)),
      restore: (path) => span("restore")(restore(path)),
      quarantine: span("quarantine")(quarantine)
    })
  })

/** Nothing is opened before it is asked for. */
export const layer = (options: Options): Layer.Layer<DatabaseMaintenance, never, ProcessLock> =>
  Layer.effect(DatabaseMaintenance, make(options))
