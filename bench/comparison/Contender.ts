import type { Effect, Option, Scope } from "effect"

/** Whatever a load or a peer fails with. */
export type Failure = unknown

/** A cache with one kind of value: texts. */
export interface Contestant {
  readonly getOrLoad: (key: string, load: Effect.Effect<string, Failure>) => Effect.Effect<string, Failure>
  readonly remove: (key: string) => Effect.Effect<unknown, Failure>

  /** Of caches that have tags. */
  readonly tags?: {
    readonly set: (key: string, value: string, tag: string) => Effect.Effect<unknown, Failure>
    readonly get: (key: string) => Effect.Effect<Option.Option<string>, Failure>
    readonly remove: (tag: string) => Effect.Effect<unknown, Failure>
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
  readonly open: (place: Place) => Effect.Effect<Contestant, Failure, Scope.Scope>
  readonly hasSchema: boolean

  /** Of caches that keep entries in files; called while it is closed. */
  readonly damage?: {
    /** Overwrites the beginning of what it stored. */
    readonly file: (folder: string) => void

    /** Changes every value to one that was never stored. */
    readonly entries: (folder: string) => void
  }
}
