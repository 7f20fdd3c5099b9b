/**
 * `Cache` in a SQLite file of its own. The file is expendable: a damaged one is moved aside, and one that cannot be
 * used is replaced by memory, both with a warning in the log.
 */
import { Effect, ExecutionStrategy, Exit, Layer, Scope } from "effect"
import * as fs from "node:fs"
import { Cache } from "../../../domain/storage/Cache.ts"
import * as SqliteFailure from "../local/SqliteFailure.ts"
import * as SqliteLocalDatabase from "../local/SqliteLocalDatabase.ts"
import * as DegradingEntryStore from "./DegradingEntryStore.ts"
import * as EntryCache from "./EntryCache.ts"
import type { Bounds, EntryStore } from "./EntryStore.ts"
import * as MemoryEntryStore from "./MemoryEntryStore.ts"
import * as SqlEntryStore from "./SqlEntryStore.ts"

export interface Options extends Bounds {
  /** A path, or `:memory:`. Created for its owner only. */
  readonly filename: string
}

/** A cache that waits longer than this has stopped being one. */
const deadline = "1 second"

/** Stands beside a file that must not be believed any more. */
const discardMark = (filename: string) => `${filename}.discard`

const file = <A>(operation: string, act: () => A) =>
  Effect.try({ try: act, catch: (cause) => SqliteFailure.fromOpening(cause, { store: "cache", operation }) })

const emptyDiscarded = (filename: string, disk: EntryStore) =>
  Effect.gen(function*() {
    if (!(yield* file("open", () => fs.existsSync(discardMark(filename))))) return
    yield* disk.clear
    yield* file("open", () => fs.rmSync(discardMark(filename)))
  })

/** Closed again when it cannot be used, so that it can be moved. */
const openDisk = (options: Options) =>
  Effect.gen(function*() {
    const scope = yield* Scope.fork(yield* Effect.scope, ExecutionStrategy.sequential)
    return yield* SqliteLocalDatabase.make({
      filename: options.filename,
      migrations: SqlEntryStore.migrations,
      store: "cache",
      synchronous: "NORMAL",
      deadline
    }).pipe(
      Effect.map((database) => SqlEntryStore.make(database, options)),
      Effect.tap((disk) => emptyDiscarded(options.filename, disk)),
      Scope.extend(scope),
      Effect.onError((cause) => Scope.close(scope, Exit.failCause(cause)))
    )
  })

/** One damaged file is kept for whoever wants to know why; the one before it goes. */
const moveAside = (filename: string) =>
  Effect.zipRight(
    file("quarantine", () => {
      for (const suffix of ["", "-wal", "-shm"]) {
        if (fs.existsSync(filename + suffix)) fs.renameSync(filename + suffix, `${filename}.damaged${suffix}`)
      }
    }),
    Effect.logWarning("The cache file was damaged: it was moved aside, and an empty one took its place")
  )

export const make = (options: Options) =>
  Effect.gen(function*() {
    const memory = yield* MemoryEntryStore.make(options)
    const mark = file("discard", () => fs.writeFileSync(discardMark(options.filename), "", { mode: 0o600 }))
    const discard = options.filename === ":memory:" ? Effect.void : Effect.ignore(mark)
    const store = yield* openDisk(options).pipe(
      Effect.catchTag("Corrupt", () => Effect.zipRight(moveAside(options.filename), openDisk(options))),
      Effect.map((disk) => DegradingEntryStore.make({ disk, memory, discard })),
      Effect.catchAll(({ _tag }) =>
        Effect.as(Effect.logWarning(`The cache is kept in memory: its file cannot be used (${_tag})`), memory)
      )
    )
    return yield* EntryCache.make(store)
  })

/** Never fails to build: without its file it keeps its entries in memory. */
export const layer = (options: Options): Layer.Layer<Cache> => Layer.scoped(Cache, make(options))
