/**
 * Lock files that stay open between two holders: opening one costs many times what locking it does.
 */
import type { Connection } from "@effect/sql/SqlConnection"
import type { SqlError } from "@effect/sql/SqlError"
import { Effect, Exit, Scope } from "effect"
import * as fs from "node:fs"
import { join } from "node:path"
import type { StorageFailure } from "../../../domain/storage/StorageFailure.ts"
import * as SqliteFailure from "./SqliteFailure.ts"
import * as SqliteFile from "./SqliteFile.ts"

/** This many files that nobody uses stay open. */
const idleLimit = 16

interface OpenFile {
  readonly connection: Connection
  /** Tells whether the path still leads to this file. */
  readonly inode: bigint | undefined
  readonly close: Effect.Effect<void>
  /** What failed in a way that is not another's lock is opened anew. */
  sound: boolean
}

const inodeOf = (path: string) => fs.statSync(path, { bigint: true, throwIfNoEntry: false })?.ino

export interface LockFile {
  /** Locks the file that the path leads to until the scope closes, or is `false` when somebody else has. */
  readonly tryLock: Effect.Effect<boolean, StorageFailure, Scope.Scope>
}

const run = (file: OpenFile, statement: string) =>
  Effect.tapError(file.connection.executeRaw(statement, []), (error) =>
    Effect.sync(() => {
      if (!SqliteFile.isBusy(error)) file.sound = false
    }))

/** RESERVED, of which a file has one; EXCLUSIVE could fail for two contenders at once. */
const begin = (file: OpenFile) =>
  run(file, "BEGIN IMMEDIATE").pipe(
    Effect.as(true),
    Effect.catchIf(SqliteFile.isBusy, () => Effect.succeed(false))
  )

/** Files in `folder`, closed with the scope. One user at a time of one name is for the caller to see to. */
export const make = (folder: string) =>
  Effect.gen(function*() {
    const idle = new Map<string, OpenFile>()
    let limit = idleLimit
    const closeBeyond = Effect.suspend(() => {
      const surplus = Array.from(idle).slice(0, Math.max(0, idle.size - limit))
      for (const [path] of surplus) idle.delete(path)
      return Effect.forEach(surplus, ([, file]) => file.close, { discard: true })
    })
    yield* Effect.addFinalizer(() =>
      Effect.suspend(() => {
        limit = 0
        return closeBeyond
      })
    )

    const open = (path: string, store: string) => {
      // Nothing is ever written, and with the journal in memory nothing is left behind.
      const opened = SqliteFile.connect({ filename: path, store, journalMode: "MEMORY", synchronous: "NORMAL" }).pipe(
        // Waiting inside SQLite blocks the event loop.
        Effect.tap((connection) => connection.executeUnprepared("PRAGMA busy_timeout = 0", [], undefined))
      )
      return Effect.uninterruptibleMask((restore) =>
        Effect.gen(function*() {
          const scope = yield* Scope.make()
          const connection = yield* restore(Scope.extend(opened, scope)).pipe(
            Effect.onError((cause) => Scope.close(scope, Exit.failCause(cause)))
          )
          return { connection, inode: inodeOf(path), close: Scope.close(scope, Exit.void), sound: true }
        })
      )
    }

    /** Somebody may have removed the folder: the lock of another file excludes nobody who comes now. */
    const isCurrent = (path: string, file: OpenFile) => file.inode === inodeOf(path)

    const take = (path: string, store: string): Effect.Effect<OpenFile, StorageFailure | SqlError> =>
      Effect.suspend(() => {
        const file = idle.get(path)
        if (file === undefined) return open(path, store)
        idle.delete(path)
        return isCurrent(path, file) ? Effect.succeed(file) : Effect.zipRight(file.close, open(path, store))
      })

    const giveBack = (path: string, file: OpenFile) =>
      Effect.suspend(() => {
        if (!file.sound) return file.close
        idle.set(path, file)
        return closeBeyond
      })

    /** The file of `name`, open until the scope closes and often longer. */
    return (name: string): Effect.Effect<LockFile, StorageFailure, Scope.Scope> => {
      const store = `${name} lock`
      const path = join(folder, `${encodeURIComponent(name)}.lock`)
      const typed = SqliteFailure.typed({ store, operation: "acquire" })

      const lockCurrent = (used: { file: OpenFile }): Effect.Effect<boolean, StorageFailure | SqlError> =>
        Effect.gen(function*() {
          const { file } = used
          if (!(yield* begin(file))) return false
          if (isCurrent(path, file)) return true
          // Closing it unlocks it, and it is not to be used again whether or not the other one opens.
          file.sound = false
          yield* file.close
          used.file = yield* open(path, store)
          return yield* lockCurrent(used)
        })

      return Effect.uninterruptibleMask((restore) =>
        Effect.gen(function*() {
          const used = { file: yield* restore(take(path, store)) }
          yield* Effect.addFinalizer(() => giveBack(path, used.file))
          return {
            tryLock: Effect.acquireRelease(
              lockCurrent(used),
              (locked) => locked ? Effect.ignore(run(used.file, "ROLLBACK")) : Effect.void
            ).pipe(typed)
          }
        })
      ).pipe(typed)
    }
  })
