/**
 * Where a cache keeps its entries, shared by all processes that use the same one: the second level, below the memory of
 * each process.
 *
 * Generations, not clocks, decide what is valid. The store has one counter; every invalidation and every `set` takes
 * the next number. A load notes the number before it asks its source, and what it brings is refused when something that
 * concerns it has taken a later one.
 */
import type { Effect, Option, Scope } from "effect"
import type { StorageFailure } from "../../../domain/storage/StorageFailure.ts"

export interface NewEntry {
  /** Of all regions; region and key, so that no two are the same. */
  readonly key: string
  readonly value: Uint8Array
  readonly tags: ReadonlyArray<string>

  /** The store's generation when the load began, or `next` for a value that wins over every load under way. */
  readonly generation: number | "next"

  /** Epoch milliseconds. */
  readonly storedAt: number

  /** Ages in whole milliseconds at which it stops being fresh, being served while it is loaded again, and being kept. */
  readonly freshUntil: number
  readonly revalidateUntil: number
  readonly keptUntil: number
}

/** As it was stored. */
export interface Entry extends NewEntry {
  readonly generation: number

  /** An `expire` has hit it since: it is no longer fresh, whatever its age. */
  readonly expired: boolean
}

/** What one invalidation concerns. */
export type Target =
  | { readonly _tag: "Key"; readonly key: string }
  | { readonly _tag: "Tag"; readonly tag: string }
  | { readonly _tag: "All" }

export interface Invalidation {
  readonly target: Target

  /** `remove`: nothing may serve it any more. `expire`: it stays as what a failing load falls back on. */
  readonly kind: "expire" | "remove"
}

/** An invalidation with the number it took. */
export interface Barrier extends Invalidation {
  readonly generation: number
}

/**
 * The generation of each entry of a batch, in order; `none` for one that was refused or is larger than the bounds
 * allow. For a value that is yet to be written and will take the next one: what is known to be passed by then, and not
 * less than any number this store has given before.
 */
export type Stored = ReadonlyArray<Option.Option<number>>

/**
 * What others did since the last look. Of keys that it was never asked about a store may keep silent. `everything`: too
 * much to tell, nothing known before can be relied on.
 */
export interface Changes {
  readonly keys: ReadonlyArray<string>
  readonly barriers: ReadonlyArray<Barrier>
  readonly everything: boolean
}

/** The right to load one entry, among processes. Its `put` is refused once another process has taken it over. */
export interface Claim {
  readonly put: (entry: NewEntry) => Effect.Effect<Option.Option<number>, StorageFailure>
}

export interface Size {
  readonly entries: number
  readonly bytes: number

  /** Pushed out by this store since it was opened, to stay within the bounds. */
  readonly evicted: number
}

export interface EntryStore {
  /** The generation for loads that begin now. */
  readonly generation: Effect.Effect<number, StorageFailure>

  /** What is there and not removed, whatever its age. Writes nothing. */
  readonly get: (key: string) => Effect.Effect<Option.Option<Entry>, StorageFailure>

  /**
   * All or none, in one transaction. Pushes others out to stay within the bounds. `behind` allows the store to answer
   * before that: this store's `get` and `put` then go by what was told to be stored, and one `through` supersedes
   * what waits under its key.
   */
  readonly put: (entries: ReadonlyArray<NewEntry>, write: "behind" | "through") => Effect.Effect<Stored, StorageFailure>

  /** Holds when it returns, for every process, and after a crash. Gives the generation it took. */
  readonly invalidate: (invalidation: Invalidation) => Effect.Effect<number, StorageFailure>

  /** Cheap when nothing happened (`none`). What this store itself did since the last look may be among it. */
  readonly changes: Effect.Effect<Option.Option<Changes>, StorageFailure>

  /** Takes the claim on `key` until the scope closes, unless a living process has it (`none`). */
  readonly claim: (key: string) => Effect.Effect<Option.Option<Claim>, StorageFailure, Scope.Scope>

  readonly size: Effect.Effect<Size, StorageFailure>
}

export interface Bounds {
  readonly maxEntries?: number

  /** Of keys and values, and a fixed cost per entry; exact. */
  readonly maxBytes?: number

  /** A larger entry is not kept. */
  readonly maxEntryBytes?: number
}

export const defaultBounds: Required<Bounds> = {
  maxEntries: 100_000,
  maxBytes: 64 * 1024 * 1024,
  maxEntryBytes: 4 * 1024 * 1024
}

const overhead = 96

export const bytesOf = ({ key, value }: Pick<NewEntry, "key" | "value">): number =>
  Buffer.byteLength(key) + value.byteLength + overhead
