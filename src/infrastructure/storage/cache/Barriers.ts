/**
 * What has been invalidated, by generation: no clock is asked, so that an entry stored in the same millisecond as an
 * invalidation, or while the clock is set back, is on the right side of it.
 */
import type { Barrier } from "./EntryStore.ts"

/** An entry, stored or about to be. */
export interface Subject {
  readonly key: string
  readonly tags: ReadonlyArray<string>
  readonly generation: number
}

export type Status = "valid" | "expired" | "removed"

export interface Barriers {
  /** Returns whether it says anything that was not known. Order does not matter. */
  readonly record: (barrier: Barrier) => boolean

  /**
   * What has become of an entry since its generation. Holds for ever for tags and all; for keys until the barrier is
   * one of the oldest beyond the bound, so whoever keeps entries applies a barrier of a key to them at once.
   */
  readonly statusOf: (subject: Subject) => Status

  /** Whether what a load of that generation brings may be stored. Errs on the side of no about the distant past. */
  readonly admits: (subject: Subject) => boolean

  /** The highest generation recorded; 0 before the first. */
  readonly latest: () => number
}

interface Marks {
  expire: number
  remove: number
}

const raise = (marks: Marks, { generation, kind }: Pick<Barrier, "generation" | "kind">) => {
  if (marks[kind] >= generation) return false
  marks[kind] = generation
  return true
}

/** `limit`: of keys and of tags each. */
export const make = (limit = 10_000): Barriers => {
  const keys = new Map<string, Marks>()
  const tags = new Map<string, Marks>()
  const all: Marks = { expire: 0, remove: 0 }

  /** Loads that are older can no longer be told from those that a forgotten barrier of a key concerned. */
  let admission = 0
  let latest = 0

  /** The one that changed last comes last. */
  const mark = (map: Map<string, Marks>, id: string, barrier: Barrier) => {
    const marks = map.get(id) ?? { expire: 0, remove: 0 }
    map.delete(id)
    map.set(id, marks)
    return raise(marks, barrier)
  }

  const popOldest = (map: Map<string, Marks>) => {
    if (map.size <= limit) return
    for (const [id, marks] of map) {
      map.delete(id)
      return marks
    }
    return
  }

  const record = (barrier: Barrier) => {
    const { target } = barrier
    latest = Math.max(latest, barrier.generation)
    if (target._tag === "All") return raise(all, barrier)
    if (target._tag === "Key") {
      const isNew = mark(keys, target.key, barrier)
      const oldest = popOldest(keys)
      if (oldest !== undefined) admission = Math.max(admission, oldest.expire, oldest.remove)
      return isNew
    }
    const isNew = mark(tags, target.tag, barrier)
    const oldest = popOldest(tags)
    if (oldest !== undefined) {
      raise(all, { kind: "expire", generation: oldest.expire })
      raise(all, { kind: "remove", generation: oldest.remove })
    }
    return isNew
  }

  const statusOf = ({ generation, key, tags: own }: Subject): Status => {
    if (all.remove > generation) return "removed"
    let expired = all.expire > generation
    const ofKey = keys.get(key)
    if (ofKey !== undefined) {
      if (ofKey.remove > generation) return "removed"
      expired ||= ofKey.expire > generation
    }
    for (const tag of own) {
      const ofTag = tags.get(tag)
      if (ofTag === undefined) continue
      if (ofTag.remove > generation) return "removed"
      expired ||= ofTag.expire > generation
    }
    return expired ? "expired" : "valid"
  }

  return {
    record,
    statusOf,
    admits: (subject) => subject.generation >= admission && statusOf(subject) === "valid",
    latest: () => latest
  }
}
