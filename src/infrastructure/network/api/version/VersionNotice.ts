/**
 * One thing the backend announced about an API version in use.
 */
import { Data } from "effect"
import type { DateTime } from "effect"
import type { LifecycleHeader, LifecycleLinks } from "./Lifecycle.ts"

/**
 * `ending`: the sunset is near; `ended`: it has passed; `malformed`: there are lifecycle headers, and none of them can be
 * used.
 */
export type Urgency = "malformed" | "deprecated" | "ending" | "ended"

export class VersionNotice extends Data.TaggedClass("VersionNotice")<{
  readonly urgency: Urgency
  readonly method: string
  /** The path as the wire contract writes it; of other paths the resource that the call names. */
  readonly template: string | undefined
  readonly version: string
  readonly deprecation: DateTime.Utc | undefined
  readonly sunset: DateTime.Utc | undefined
  readonly links: LifecycleLinks
  /** Headers that could not be used. */
  readonly malformed: ReadonlyArray<LifecycleHeader>
}> {}
