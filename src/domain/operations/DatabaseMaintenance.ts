/**
 * Looking after the local database: whether it is sound, and copies of it. What `strata db` calls. Works when the
 * database cannot be opened by the application.
 */
import { Context, Schema } from "effect"
import type { Effect, Option } from "effect"
import type { StorageFailure } from "../storage/StorageFailure.ts"

/** What can be told of the file. */
export class DatabaseReport extends Schema.Class<DatabaseReport>("DatabaseReport")({
  /** The path of the file. */
  location: Schema.String,
  exists: Schema.Boolean,
  /** With its write-ahead log. */
  bytes: Schema.Int,
  /** The last migration it has; 0 for none. */
  version: Schema.Int,
  /** The last migration that this version of the application knows. */
  knownVersion: Schema.Int,
  /** What SQLite found, at most 20; empty when its pages, keys and indexes agree. */
  problems: Schema.Array(Schema.String),
  /** What a person should do, most urgent first. */
  advice: Schema.Array(Schema.String)
}) {}

/** The file is not a copy of this application's database, or a damaged one. Nothing was changed. */
export class InvalidBackup extends Schema.TaggedError<InvalidBackup>()("InvalidBackup", {
  problem: Schema.String
}) {
  override get message() {
    return `The backup cannot be used: ${this.problem}`
  }
}

/** A file stands at the path already; it is not overwritten. */
export class AlreadyThere extends Schema.TaggedError<AlreadyThere>()("AlreadyThere", { path: Schema.String }) {
  override get message() {
    return `There is a file at ${this.path} already`
  }
}

/** There is no database yet to make a copy of. */
export class NoDatabase extends Schema.TaggedError<NoDatabase>()("NoDatabase", { location: Schema.String }) {
  override get message() {
    return `There is no database at ${this.location}`
  }
}

export class DatabaseMaintenance extends Context.Tag("effect-strata/domain/operations/DatabaseMaintenance")<
  DatabaseMaintenance,
  {
    /** Reads every page. A damaged file is a report with problems, not a failure. Others may go on using it. */
    readonly check: Effect.Effect<DatabaseReport, StorageFailure>

    /** One consistent copy, while others go on reading and writing; checked before it gets its name. Gives its bytes. */
    readonly backup: (path: string) => Effect.Effect<number, StorageFailure | AlreadyThere | NoDatabase>

    /**
     * Puts a copy in place of the database in one step, after checking it; `Busy` while another process uses it. What
     * was there before is kept at the path given back, if there was anything.
     */
    readonly restore: (
      path: string
    ) => Effect.Effect<{ readonly previous: Option.Option<string> }, StorageFailure | InvalidBackup>

    /** Moves the file aside with its log, so that the next start makes an empty one; gives where it is now, if it was. */
    readonly quarantine: Effect.Effect<Option.Option<string>, StorageFailure>
  }
>() {}
