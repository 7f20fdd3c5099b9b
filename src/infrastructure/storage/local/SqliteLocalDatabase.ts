/**
 * `LocalDatabase` in one SQLite file, write-ahead logged. A committed write survives a power cut.
 */
import { Effect, Layer, PubSub } from "effect"
import type { Duration } from "effect"
import type { StorageFailure } from "../../../domain/storage/StorageFailure.ts"
import * as LiveQueries from "./LiveQueries.ts"
import { LocalDatabase } from "./LocalDatabase.ts"
import type { Migration } from "./Migration.ts"
import * as MigrationBackup from "./MigrationBackup.ts"
import * as Migrations from "./Migrations.ts"
import * as ReadSnapshot from "./ReadSnapshot.ts"
import * as SqliteConnection from "./SqliteConnection.ts"
import * as SqliteFailure from "./SqliteFailure.ts"
import * as SqliteFile from "./SqliteFile.ts"
import * as Upkeep from "./Upkeep.ts"
import * as WriteTransaction from "./WriteTransaction.ts"

export interface Options {
  /** A path, or `:memory:`. A missing file and its folder are created for their owner only. */
  readonly filename: string
  /** Every step there ever was, in order. */
  readonly migrations: ReadonlyArray<Migration>
  /** The file as the user knows it; `database` unless told. */
  readonly store?: string
  /** What a transaction gets that does not say: `NORMAL` is `relaxed`, `FULL` is `durable`; `FULL` unless told. */
  readonly synchronous?: SqliteFile.Synchronous
  /** How long a write waits for other processes; 5 seconds unless told. */
  readonly deadline?: Duration.DurationInput
  /** The tables that `live` may be asked for; none unless told. Their writes are counted, which costs each row a little. */
  readonly live?: ReadonlyArray<string>
  /** `false` for a file that is mostly written on other connections, which see to it themselves. */
  readonly upkeep?: boolean
}

/** "Stra": what `file` and every SQLite tool show of a file that this makes. */
export const applicationId = 0x53747261

/** Another process may run a long migration. */
const migrationDeadline = "1 minute"

export const make = (options: Options) =>
  Effect.gen(function*() {
    const { deadline = "5 seconds", filename, live = [], migrations, store = "database", synchronous = "FULL" } =
      options
    const typed = (operation: string) => SqliteFailure.typed({ store, operation })
    const file = yield* SqliteFile.open({ filename, store, journalMode: "WAL", synchronous, applicationId })
    const commits = yield* Effect.acquireRelease(PubSub.sliding<void>(1), PubSub.shutdown)
    const writing = {
      ...file,
      store,
      synchronous,
      verify: yield* typed("open")(SqliteFile.unmoved(filename)),
      committed: PubSub.publish(commits, undefined)
    }
    const { join, transact, withTransaction } = WriteTransaction.make({ ...writing, deadline })
    const sql = Object.assign(file.sql, { withTransaction })
    yield* Migrations.run({
      sql,
      store,
      migrations,
      applicationId,
      backup: MigrationBackup.make({ filename, store }),
      transact: WriteTransaction.make({ ...writing, deadline: migrationDeadline }).transact
    }).pipe(typed("migrate"), SqliteConnection.outsideTransactions)
    if (filename !== ":memory:" && options.upkeep !== false) {
      yield* Upkeep.start({ ...file, filename, store })
    }

    if (live.length > 0 && !(yield* typed("open")(LiveQueries.isPrepared(sql, live)))) {
      yield* transact(LiveQueries.prepare(sql, live)).pipe(typed("open"), SqliteConnection.outsideTransactions)
    }
    const { reserve, version } = filename === ":memory:"
      ? ReadSnapshot.ofWriter(sql)
      : yield* ReadSnapshot.ofReader({ filename, store })
    const snapshot = ReadSnapshot.make({ sql, reserve })
    const readSnapshot: (typeof LocalDatabase.Service)["readSnapshot"] = (reads) => typed("read")(snapshot(reads))
    return LocalDatabase.of({
      sql,
      read: (reads) => typed("read")(join(reads)),
      readSnapshot,
      writeTransaction: (writes, how) => typed("write")(transact(writes, how)),
      live: yield* LiveQueries.make({ sql, readSnapshot, commits, version, tables: live })
    })
  })

/** Building it opens the file and brings its schema up to date. */
export const layer = (options: Options): Layer.Layer<LocalDatabase, StorageFailure> =>
  Layer.scoped(LocalDatabase, make(options))
