/**
 * The invalidations that a cache file remembers, and the copy of them that a process judges entries by.
 */
import * as Barriers from "./Barriers.ts"
import type { Meta } from "./EntryMeta.ts"
import { barrierOf } from "./EntrySchema.ts"
import type { BarrierRow } from "./EntrySchema.ts"
import type { Barrier, Target } from "./EntryStore.ts"
import type { Statements } from "./Statements.ts"

const nameOf = (target: Target) => target._tag === "Key" ? target.key : target._tag === "Tag" ? target.tag : ""

const since = "SELECT generation, kind, target, name FROM barrier WHERE generation > ? ORDER BY generation"

/** Later than `generation`, the oldest first. */
export const readSince = ({ all }: Statements, generation: number): ReadonlyArray<Barrier> =>
  all<BarrierRow>(since, generation).map(barrierOf)

/** Takes the place of an older one of the same kind and target. */
const insert = ({ run }: Statements, { generation, kind, target }: Barrier) =>
  run(
    "INSERT OR REPLACE INTO barrier (generation, kind, target, name) VALUES (?, ?, ?, ?)",
    generation,
    kind,
    target._tag,
    nameOf(target)
  )

/** What is about everything says all that older ones say; after `remove`, nothing is there for others to concern. */
const dropCovered = ({ run }: Statements, { kind, target }: Barrier) => {
  if (target._tag === "All") run(`DELETE FROM barrier${kind === "remove" ? "" : " WHERE kind = 'expire'"}`)
}

/**
 * The older half is told by less: barriers of keys by the floor, as their rows are gone or marked, those of tags by one
 * about everything that is as old.
 */
const fold = (statements: Statements, meta: Meta, limit: number) => {
  const count = statements.get<{ readonly count: number }>("SELECT count(*) AS count FROM barrier")?.count ?? 0
  if (count <= limit) return
  const barriers = readSince(statements, 0)
  const old = barriers.slice(0, barriers.length - Math.ceil(limit / 2))
  const last = old.at(-1)?.generation ?? 0
  meta.floor = Math.max(meta.floor, last)
  const kept = (kind: Barrier["kind"]) =>
    old.findLast((barrier) => barrier.kind === kind && barrier.target._tag !== "Key")
  statements.run("DELETE FROM barrier WHERE generation <= ?", last)
  for (const barrier of [kept("expire"), kept("remove")]) {
    const isCovered = barrier === undefined ||
      barriers.some(({ generation, kind, target }) =>
        target._tag === "All" && kind === barrier.kind && generation > last
      )
    if (!isCovered) insert(statements, { ...barrier, target: { _tag: "All" } })
  }
}

/** Counting costs more than a barrier does. */
const foldEvery = 64

/** Inside a write transaction. `limit`: about so many stay. */
export const write = (statements: Statements, meta: Meta, barrier: Barrier, limit: number): void => {
  dropCovered(statements, barrier)
  insert(statements, barrier)
  meta.newest = barrier.generation
  if (barrier.generation % Math.min(foldEvery, limit) === 0) fold(statements, meta, limit)
}

/** The copy. What it is given comes from the file only, and only from what is committed. */
export const makeCopy = () => {
  const barriers = Barriers.make()
  return {
    statusOf: barriers.statusOf,
    admits: barriers.admits,
    latest: barriers.latest,

    /** When the file has a newer barrier than the copy, those that are missing. */
    refresh: (statements: Statements, newest: number) => {
      if (newest > barriers.latest()) readSince(statements, barriers.latest()).forEach(barriers.record)
    }
  }
}
