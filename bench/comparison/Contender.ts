import { Data, Effect } from "effect"
import type { Option, Scope } from "effect"

/** A cache failed; `cause` is what it said. */
export class PeerFailed extends Data.TaggedError("PeerFailed")<{ readonly cause: unknown }> {}

/** Loads fail with texts. */
export type Failure = string | PeerFailed

export type Load = Effect.Effect<string, string>

/** `ask` of a cache that answers with promises. */
export const attempt = <A>(ask: () => PromiseLike<A>): Effect.Effect<A, PeerFailed> =>
  Effect.tryPromise({ try: ask, catch: (cause) => new PeerFailed({ cause }) })

/** A cache with one kind of value: texts. */
export interface Contestant {
  readonly getOrLoad: (key: string, load: Load) => Effect.Effect<string, Failure>
  readonly remove: (key: string) => Effect.Effect<unknown, PeerFailed>

  /** Of caches that have tags. */
  readonly tags?: {
    readonly set: (key: string, value: string, tag: string) => Effect.Effect<unknown, PeerFailed>
    readonly get: (key: string) => Effect.Effect<Option.Option<string>, PeerFailed>
    readonly remove: (tag: string) => Effect.Effect<unknown, PeerFailed>
  }
}

export interface Place {
  /** Of the contestant's own; what it stores goes there. */
  readonly folder: string
  readonly timeToLiveMillis: number

  /** `later`: the application has been changed, and texts that do not begin with "later" no longer decode. */
  readonly version: "earlier" | "later"
}

export interface Contender {
  readonly name: string
  readonly open: (place: Place) => Effect.Effect<Contestant, PeerFailed, Scope.Scope>
  readonly hasSchema: boolean

  /** Of caches that keep entries in files; called while it is closed. */
  readonly damage?: {
    /** Overwrites the beginning of what it stored. */
    readonly file: (folder: string) => void

    /** Changes every value to one that was never stored. */
    readonly entries: (folder: string) => void
  }
}
