/**
 * `Cache` in a SQLite file of its own, shared by the processes of this machine. The file is expendable: a damaged one is
 * replaced by an empty one, and one that cannot be used by memory, with a warning in the log.
 */
import { Effect, Layer } from "effect"
import type { Duration, Scope } from "effect"
import type { Crypto } from "../../../domain/security/Crypto.ts"
import { Cache } from "../../../domain/storage/Cache.ts"
import type { StorageFailure } from "../../../domain/storage/StorageFailure.ts"
import * as CacheFile from "./CacheFile.ts"
import * as CurrentEntryStore from "./CurrentEntryStore.ts"
import * as DegradingEntryStore from "./DegradingEntryStore.ts"
import * as EntryCache from "./EntryCache.ts"
import type { Bounds, EntryStore } from "./EntryStore.ts"
import * as MemoryEntryStore from "./MemoryEntryStore.ts"
import * as SealedEntryStore from "./SealedEntryStore.ts"
import * as SqlEntryStore from "./SqlEntryStore.ts"
import * as WriteBehind from "./WriteBehind.ts"

export interface Options extends Bounds, EntryCache.Options {
  /**
   * A path, or `:memory:`. Files beside it carry its name, the version of their layout and a number; they are made for
   * their owner only.
   */
  readonly filename: string

  /** The hard wall for the file. About twice `maxBytes` when absent. */
  readonly maxFileBytes?: number

  /** For how long a process that stopped, but is not dead, keeps others from loading an entry. 10 seconds when absent. */
  readonly claimTimeToLive?: Duration.DurationInput
}

const openFiles = (options: Options): Effect.Effect<EntryStore, StorageFailure, Scope.Scope> =>
  Effect.gen(function*() {
    const files = CacheFile.make(options.filename)
    const open = (filename: string, base: number) => SqlEntryStore.make({ ...options, filename, base })
    const disk = yield* CurrentEntryStore.make({ files, open })
    return DegradingEntryStore.make({ disk, memory: MemoryEntryStore.make(options), discard: disk.discard })
  })

const memoryInstead = (options: Options, reason: string) =>
  Effect.zipRight(
    Effect.logWarning(`The cache is kept in memory: its file cannot be used (${reason})`),
    MemoryEntryStore.make(options)
  )

/** The entries alone, as one process sees them. */
export const makeStore = (options: Options): Effect.Effect<EntryStore, never, Scope.Scope> =>
  (options.filename === ":memory:" ? SqlEntryStore.make(options) : openFiles(options)).pipe(
    Effect.flatMap((store) => WriteBehind.make(store, options)),
    Effect.catchAll(({ _tag }) => memoryInstead(options, _tag)),
    Effect.catchAllDefect(() => memoryInstead(options, "Defect"))
  )

/**
 * `makeStore` with values, keys and tags sealed. Around what waits to be written: the first level has no key whose name
 * it could not be told by, and a value that cannot be sealed is not waited with.
 */
export const makeSealedStore = (options: Options): Effect.Effect<EntryStore, never, Crypto | Scope.Scope> =>
  Effect.flatMap(makeStore(options), SealedEntryStore.make)

const cacheOver = (options: Options) => (store: EntryStore) =>
  EntryCache.make(store, options.filename === ":memory:" ? { coherence: "none", ...options } : options)

export const make = (options: Options): Effect.Effect<typeof Cache.Service, never, Scope.Scope> =>
  Effect.flatMap(makeStore(options), cacheOver(options))

/** Never fails to build: without its file it keeps its entries in memory. */
export const layer = (options: Options): Layer.Layer<Cache> => Layer.scoped(Cache, make(options))

/** `layer` for values that are nobody else's business. While their key cannot be used, nothing is cached. */
export const layerSealed = (options: Options): Layer.Layer<Cache, never, Crypto> =>
  Layer.scoped(Cache, Effect.flatMap(makeSealedStore(options), cacheOver(options)))
