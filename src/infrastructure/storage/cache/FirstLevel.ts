/**
 * The entries that this process reads without asking the store, decoded. Looking one up does no I/O: what is known of
 * invalidations is kept beside the entries.
 */
import { LRUCache } from "lru-cache"
import * as Barriers from "./Barriers.ts"
import type { Ages } from "./EntryState.ts"
import type { Barrier, Changes } from "./EntryStore.ts"

export interface Options {
  /** 10,000 when absent. */
  readonly maxEntries?: number

  /** Of encoded values and keys. 16 MiB when absent. */
  readonly maxBytes?: number
}

export interface Cached extends Ages, Barriers.Subject {
  /** Whose value it is: another region of the same name may read the bytes as something else. */
  readonly region: object
  readonly value: unknown
  readonly bytes: number

  /** By the clock that entries in memory age by. */
  readonly storedAt: number
}

/** Tells whether something was written under a key since. */
export interface Ticket {
  readonly key: string
  readonly sequence: number
}

export interface FirstLevel {
  readonly get: (key: string) => Cached | undefined

  /** To be taken before the store is read. */
  readonly startReading: (key: string) => Ticket

  /** Not kept when something was written under its key, or is being written, since the reading began. */
  readonly keep: (ticket: Ticket, entry: Cached) => void

  /** Nothing is served, and nothing read meanwhile kept, until `endWriting`, which must follow. */
  readonly startWriting: (key: string) => Ticket

  /** With what was stored, unless other writes of the key were under way: their order is the store's. */
  readonly endWriting: (ticket: Ticket, entry?: Cached) => void

  /** Returns whether it was news. */
  readonly record: (barrier: Barrier) => boolean

  /** What others did. */
  readonly apply: (changes: Changes) => void
  readonly clear: () => void
}

/** Of how many keys the last write is remembered; before that all are taken to have been written. */
const rememberedWrites = 1024

/** The entry under a barrier that it has not met yet; `undefined` when that removes it. */
const met = (entry: Cached, barriers: Barriers.Barriers): Cached | undefined => {
  const status = barriers.statusOf(entry)
  if (status === "removed") return
  return status === "expired" ? { ...entry, expired: true } : entry
}

export const make = ({ maxBytes = 16 * 1024 * 1024, maxEntries = 10_000 }: Options = {}): FirstLevel => {
  const entries = new LRUCache<string, { entry: Cached; version: number }>({ max: maxEntries, maxSize: maxBytes })
  const barriers = Barriers.make()
  const written = new Map<string, number>()
  const writing = new Map<string, number>()
  let version = 0
  let sequence = 0
  let floor = 0

  const touch = (key: string) => {
    sequence += 1
    written.delete(key)
    written.set(key, sequence)
    if (written.size > rememberedWrites) {
      for (const [oldest, last] of written) {
        floor = last
        written.delete(oldest)
        break
      }
    }
    return sequence
  }

  const clear = () => {
    entries.clear()
    written.clear()
    floor = sequence += 1
  }

  const set = (entry: Cached) => {
    const current = met(entry, barriers)
    if (current === undefined) entries.delete(entry.key)
    else entries.set(entry.key, { entry: current, version }, { size: entry.bytes })
  }

  const record = (barrier: Barrier) => {
    if (!barriers.record(barrier)) return false
    version += 1
    // A barrier of a key is forgotten some day.
    if (barrier.target._tag === "Key") {
      touch(barrier.target.key)
      get(barrier.target.key)
    }
    return true
  }

  const get = (key: string) => {
    const held = entries.get(key)
    if (held === undefined) return
    if (held.version === version) return held.entry
    const entry = met(held.entry, barriers)
    if (entry === undefined) {
      entries.delete(key)
      return
    }
    held.entry = entry
    held.version = version
    return entry
  }

  return {
    get,
    startReading: (key) => ({ key, sequence }),
    keep: (ticket, entry) => {
      if (!writing.has(ticket.key) && (written.get(ticket.key) ?? floor) <= ticket.sequence) set(entry)
    },
    startWriting: (key) => {
      entries.delete(key)
      const others = writing.get(key) ?? 0
      writing.set(key, others + 1)
      const own = touch(key)
      return { key, sequence: others === 0 ? own : -1 }
    },
    endWriting: (ticket, entry) => {
      const others = (writing.get(ticket.key) ?? 1) - 1
      if (others === 0) writing.delete(ticket.key)
      else writing.set(ticket.key, others)
      const isAlone = written.get(ticket.key) === ticket.sequence
      touch(ticket.key)
      if (entry !== undefined && isAlone) set(entry)
    },
    record,
    apply: ({ barriers: others, everything, keys }) => {
      if (everything) clear()
      for (const key of keys) {
        touch(key)
        entries.delete(key)
      }
      for (const barrier of others) record(barrier)
    },
    clear
  }
}
