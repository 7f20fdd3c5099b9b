/**
 * All that this process has and the disk has not, from the first write that failed until what is to be written late is
 * written. Thrown away whole.
 */
import { Effect, Option } from "effect"
import * as Barriers from "./Barriers.ts"
import type { Entry, EntryStore, Invalidation } from "./EntryStore.ts"

/** More than these are written as one about everything. */
const remembered = 1000

export interface Outage {
  readonly memory: EntryStore
  readonly barriers: Barriers.Barriers
  readonly inTurn: <A, E>(effect: Effect.Effect<A, E>) => Effect.Effect<A, E>

  /** Oldest first. */
  readonly unwritten: Array<Invalidation>
  probeAt: number
  isDiscarded: boolean

  /** An invalidation came when nobody could say what it is later than: nothing that was stored is believed. */
  isBlind: boolean
}

export const make = (memory: EntryStore): Outage => ({
  memory,
  barriers: Barriers.make(),
  inTurn: Effect.unsafeMakeSemaphore(1).withPermits(1),
  unwritten: [],
  probeAt: 0,
  isDiscarded: false,
  isBlind: false
})

export const add = ({ unwritten }: Outage, invalidation: Invalidation) => {
  if (unwritten.length < remembered) unwritten.push(invalidation)
  else unwritten.splice(0, unwritten.length, { kind: "remove", target: { _tag: "All" } })
}

/** What becomes of an entry that was found, by what was invalidated since. */
export const judged = ({ barriers }: Outage, found: Option.Option<Entry>): Option.Option<Entry> => {
  if (Option.isNone(found)) return found
  const status = barriers.statusOf(found.value)
  if (status === "removed") return Option.none()
  return status === "expired" ? Option.some({ ...found.value, expired: true }) : found
}
