/**
 * `ProcessLock` as SQLite's write lock on one empty file per name: an advisory lock of the file system on every
 * platform, so it also holds between containers that share the folder and cannot be taken by other users.
 */
import { Effect, Layer, Option } from "effect"
import { join } from "node:path"
import * as HeldResource from "./HeldResource.ts"
import * as NamedMutex from "./NamedMutex.ts"
import { ProcessLock } from "./ProcessLock.ts"
import * as SqliteFailure from "./SqliteFailure.ts"
import * as SqliteFile from "./SqliteFile.ts"

export interface Options {
  /** Created for its owner only. The lock files in it are never removed, and nobody else may open them. */
  readonly folder: string
}

export const make = (options: Options) =>
  Effect.map(NamedMutex.make, (mutex) => {
    /** Closing the file, which the kernel does for a process that dies, unlocks it. */
    const openFile = (name: string) =>
      SqliteFile.open({
        filename: join(options.folder, `${encodeURIComponent(name)}.lock`),
        store: `${name} lock`,
        // Nothing is ever written, and with the journal in memory nothing is left behind.
        journalMode: "MEMORY",
        synchronous: "NORMAL"
      })

    /** Takes RESERVED, of which a file has one; EXCLUSIVE could fail for two contenders at once. */
    const lockFile = (name: string, whenBusy: "wait" | "fail") =>
      Effect.gen(function*() {
        const sql = yield* openFile(name)
        yield* Effect.retry(sql`BEGIN IMMEDIATE`, {
          schedule: SqliteFile.busySchedule,
          while: (error) => whenBusy === "wait" && SqliteFile.isBusy(error)
        })
      }).pipe(
        SqliteFailure.typed({ store: `${name} lock`, operation: "acquire" }),
        SqliteFile.outsideTransactions,
        Effect.withTracerEnabled(false)
      )

    return ProcessLock.of({
      withLock: (name, deadline) =>
        mutex.take(name).pipe(
          Effect.zipRight(lockFile(name, "wait")),
          HeldResource.within(name, deadline),
          HeldResource.during
        ),
      tryHold: (name) =>
        Effect.flatMap(mutex.tryTake(name), (taken) =>
          taken
            ? lockFile(name, "fail").pipe(
              Effect.as(Option.some(undefined)),
              Effect.catchTag("Busy", () => Effect.succeedNone)
            )
            : Effect.succeedNone).pipe(HeldResource.orNothing)
    })
  })

/** Locks are files in `options.folder`: every process that is given the same folder takes part. */
export const layer = (options: Options): Layer.Layer<ProcessLock> => Layer.effect(ProcessLock, make(options))
