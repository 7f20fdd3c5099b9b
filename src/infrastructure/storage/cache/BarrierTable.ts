/**
 * The invalidations that a cache file remembers, and the copy of them that a process judges entries by.
 */
import type { Connection } from "@effect/sql/SqlConnection"
import { Effect } from "effect"
import * as Barriers from "./Barriers.ts"
import type { Meta } from "./EntryMeta.ts"
import { barrierOf } from "./EntrySchema.ts"
import type { BarrierRow } from "./EntrySchema.ts"
import type { Barrier, Target } from "./EntryStore.ts"

const nameOf = (target: Target) => target._tag === "Key" ? target.key : target._tag === "Tag" ? target.tag : ""

const since = "SELECT generation, kind, target, name FROM barrier WHERE generation > ? ORDER BY generation"

/** Later than `generation`, the oldest first. */
export const readSince = (connection: Connection, generation: number) =>
  Effect.map(
    connection.execute(since, [generation], undefined),
    (rows: ReadonlyArray<BarrierRow>) => rows.map(barrierOf)
  )

/** Takes the place of an older one of the same kind and target. */
const insert = (connection: Connection, { generation, kind, target }: Barrier) =>
  connection.executeRaw("INSERT OR REPLACE INTO barrier (generation, kind, target, name) VALUES (?, ?, ?, ?)", [
    generation,
    kind,
    target._tag,
    nameOf(target)
  ])

/** What is about everything says all that older ones say; after `remove`, nothing is there for others to concern. */
const dropCovered = (connection: Connection, { kind, target }: Barrier) =>
  target._tag === "All"
    ? connection.executeRaw(`DELETE FROM barrier${kind === "remove" ? "" : " WHERE kind = 'expire'"}`, [])
    : Effect.void

/**
 * The older half is told by less: barriers of keys by the floor, as their rows are gone or marked, those of tags by one
 * about everything that is as old.
 */
const fold = (connection: Connection, meta: Meta, limit: number) =>
  Effect.gen(function*() {
    const [count] = yield* connection.execute("SELECT count(*) AS count FROM barrier", [], undefined)
    if (count.count <= limit) return
    const barriers = yield* readSince(connection, 0)
    const old = barriers.slice(0, barriers.length - Math.ceil(limit / 2))
    const last = old.at(-1)?.generation ?? 0
    meta.floor = Math.max(meta.floor, last)
    const kept = (kind: Barrier["kind"]) =>
      old.findLast((barrier) => barrier.kind === kind && barrier.target._tag !== "Key")
    yield* connection.executeRaw("DELETE FROM barrier WHERE generation <= ?", [last])
    for (const barrier of [kept("expire"), kept("remove")]) {
      const isCovered = barrier === undefined ||
        barriers.some(({ generation, kind, target }) =>
          target._tag === "All" && kind === barrier.kind && generation > last
        )
      if (!isCovered) yield* insert(connection, { ...barrier, target: { _tag: "All" } })
    }
  })

/** Counting costs more than a barrier does. */
const foldEvery = 64

/** Inside a write transaction. `limit`: about so many stay. */
export const write = (connection: Connection, meta: Meta, barrier: Barrier, limit: number) =>
  Effect.gen(function*() {
    yield* dropCovered(connection, barrier)
    yield* insert(connection, barrier)
    meta.newest = barrier.generation
    if (barrier.generation % Math.min(foldEvery, limit) === 0) yield* fold(connection, meta, limit)
  })

/** The copy. What it is given comes from the file only, and only from what is committed. */
export const makeCopy = () => {
  const barriers = Barriers.make()
  return {
    statusOf: barriers.statusOf,
    admits: barriers.admits,
    latest: barriers.latest,

    /** When the file has a newer barrier than the copy, those that are missing. */
    refresh: (connection: Connection, newest: number) =>
      newest <= barriers.latest()
        ? Effect.void
        : Effect.map(readSince(connection, barriers.latest()), (missing) => {
          for (const barrier of missing) barriers.record(barrier)
        })
  }
}
