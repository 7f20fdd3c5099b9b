/**
 * What a repository's read stream emits: the data, where it came from, how old it is, and what stands in the way of
 * newer data. A failure to refresh is part of a snapshot; a stream only fails when there is nothing to show.
 */
import type { Duration } from "effect"

export interface Snapshot<A, E> {
  readonly data: A
  readonly origin: "local" | "cache" | "remote"

  /** How long ago the data was read from the backend; zero for data this device wrote itself. */
  readonly age: Duration.Duration

  /** Local changes the backend has not acknowledged yet. */
  readonly pending: number

  /** Why the data could not be brought up to date, when that was tried and failed. */
  readonly error?: E
}
