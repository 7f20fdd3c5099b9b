/**
 * Copies of what can be fetched again. A fault of the cache's own storage never reaches a reader: it is a miss.
 */
import { Context, Schema } from "effect"
import type { Duration, Effect, Option, Stream } from "effect"
import type { CachePolicy } from "./CachePolicy.ts"

/**
 * One kind of cached value: its keys are apart from those of other regions. `Cache.forSchema` makes one. A value that
 * no longer decodes is a miss.
 */
export interface CacheRegion<A> {
  readonly name: string
  readonly policy: CachePolicy
  readonly encode: (value: A) => Uint8Array
  readonly decode: (bytes: Uint8Array) => Option.Option<A>
}

/** A stored value and how long ago it was stored. Values are shared between readers: never change one in place. */
export interface CacheEntry<A> {
  readonly value: A
  readonly age: Duration.Duration

  /** `memory` of this process, `store` shared with others, or the `source` itself, just now. */
  readonly origin: "memory" | "store" | "source"

  /** `stale`: past its time to live. `failSafe`: stale, and served because loading failed or took too long. */
  readonly state: "fresh" | "stale" | "failSafe"
}

/** What `getOrLoad` gives. */
export interface CacheResult<A, E> extends CacheEntry<A> {
  /** Why `failSafe` data could not be replaced, as far as this process knows. */
  readonly error?: E | LoadTimeout
}

/** What one entry has beside its value. */
export interface EntryOptions {
  /** At most 16, of any text (an entry with more is not stored): `expireTag` and `removeTag` reach every entry that has one. */
  readonly tags?: ReadonlyArray<string>

  /** Replaces the lifetimes and `write` of the region's policy for this entry. */
  readonly policy?: Partial<CachePolicy>
}

export interface LoadOptions<A, E> {
  /** Of a loaded value, such as a lifetime that the answer names. */
  readonly entry?: (value: A) => EntryOptions

  /**
   * For how long a failure of `load` is given to everybody who asks, without loading; `none` not at all. Defects and
   * interruptions are never remembered. In this process only.
   */
  readonly negativeTimeToLive?: (error: E) => Option.Option<Duration.DurationInput>
}

/** A load took longer than `hardTimeout`, and there is nothing to serve instead. It may go on and fill the cache. */
export class LoadTimeout extends Schema.TaggedError<LoadTimeout>()("LoadTimeout", {
  region: Schema.String,
  millis: Schema.Number
}) {
  override get message() {
    return `Loading an entry of "${this.region}" took longer than ${this.millis} ms`
  }
}

/** The load of an entry asked, directly or through others, for the entry it is to load: it would wait for itself. */
export class CacheReentrancy extends Schema.TaggedError<CacheReentrancy>()("CacheReentrancy", {
  /** Of the loads that wait for each other, outermost first. */
  regions: Schema.Array(Schema.String)
}) {
  override get message() {
    return `The load of a cache entry waits for itself (${this.regions.join(" -> ")})`
  }
}

/** Counts since the layer was built; `entries` and `bytes` are what the store holds now. */
export class CacheStats extends Schema.Class<CacheStats>("CacheStats")({
  hits: Schema.Number,
  misses: Schema.Number,
  /** Reads that were served past their time to live, for whatever reason. */
  stale: Schema.Number,
  loads: Schema.Number,
  evictions: Schema.Number,
  faults: Schema.Number,
  entries: Schema.Number,
  bytes: Schema.Number
}) {}

/** What changed; no values. Other processes' changes come with the delay of the cache's coherence. */
export type CacheChange =
  | { readonly _tag: "Set" | "Expired" | "Removed"; readonly region: string; readonly key: string }
  | { readonly _tag: "TagExpired" | "TagRemoved"; readonly tag: string }
  | { readonly _tag: "AllExpired" | "AllRemoved" }

export class Cache extends Context.Tag("effect-strata/domain/storage/Cache")<
  Cache,
  {
    /** What can still be served, fresh or not; `none` when absent, dead or unreadable. Never loads. */
    readonly get: <A>(region: CacheRegion<A>, key: string) => Effect.Effect<Option.Option<CacheEntry<A>>>

    /**
     * Wins over every load of `key` that is under way, in any process. An entry that cannot be stored is not stored,
     * what the key had before is gone then, and the caller is not told. A time to live of zero or less removes.
     */
    readonly set: <A>(region: CacheRegion<A>, key: string, value: A, options?: EntryOptions) => Effect.Effect<void>

    /**
     * The cached value, or the one `load` gives. Callers of one key in this process share one load, which has the
     * context of the first and belongs to the cache: interrupting a caller interrupts nobody else. A failed load is not
     * stored and fails all who wait for it, unless a stale value serves them. The policy says the rest. Waiting for a
     * load inside a transaction is a bug: everyone would be served what may be rolled back.
     */
    readonly getOrLoad: <A, E, R>(
      region: CacheRegion<A>,
      key: string,
      load: Effect.Effect<A, E, R>,
      options?: LoadOptions<A, E>
    ) => Effect.Effect<CacheResult<A, E>, E | LoadTimeout | CacheReentrancy, R>

    /** Loads, whatever is cached, and gives the load's failure. Joins a load that is under way. */
    readonly refresh: <A, E, R>(
      region: CacheRegion<A>,
      key: string,
      load: Effect.Effect<A, E, R>,
      options?: LoadOptions<A, E>
    ) => Effect.Effect<CacheResult<A, E>, E | LoadTimeout | CacheReentrancy, R>

    /** The entry is no longer fresh, and stays as what a failing load falls back on. Loads under way do not undo it. */
    readonly expire: <A>(region: CacheRegion<A>, key: string) => Effect.Effect<void>

    /** Nothing serves the entry any more, in any process. Loads under way do not undo it. */
    readonly remove: <A>(region: CacheRegion<A>, key: string) => Effect.Effect<void>

    /** `expire` for every entry that has the tag now. In constant time. */
    readonly expireTag: (tag: string) => Effect.Effect<void>

    /** `remove` for every entry that has the tag now. In constant time. */
    readonly removeTag: (tag: string) => Effect.Effect<void>

    /** `expire` for every entry of every region. */
    readonly expireAll: Effect.Effect<void>

    /** `remove` for every entry of every region. */
    readonly clear: Effect.Effect<void>

    /** From now on. Slow readers lose the oldest changes; a change may be told twice. */
    readonly changes: Stream.Stream<CacheChange>

    readonly stats: Effect.Effect<CacheStats>
  }
>() {}
