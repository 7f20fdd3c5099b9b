/**
 * What is done to a cache file inside one write transaction.
 */
import type { Connection } from "@effect/sql/SqlConnection"
import { Effect, Option } from "effect"
import type * as BarrierTable from "./BarrierTable.ts"
import { write as writeBarrier } from "./BarrierTable.ts"
import * as EntryMeta from "./EntryMeta.ts"
import * as EntrySchema from "./EntrySchema.ts"
import { bytesOf } from "./EntryStore.ts"
import type { Barrier, Bounds, Invalidation, NewEntry } from "./EntryStore.ts"

export interface Context {
  readonly connection: Connection
  readonly meta: EntryMeta.Meta
  readonly barriers: ReturnType<typeof BarrierTable.makeCopy>
  readonly bounds: Required<Bounds>
  readonly barrierLimit: number
}

interface Standing {
  readonly id: number
  readonly generation: number
  readonly bytes: number
  readonly due: number
}

const select = "SELECT id, generation, bytes, due FROM entry WHERE key = ?"

const find = ({ connection }: Context, key: string) =>
  Effect.map(connection.execute(select, [key], undefined), ([row]): Standing | undefined => row)

const remove = ({ connection, meta }: Context, { bytes, id }: Pick<Standing, "bytes" | "id">) => {
  meta.entries -= 1
  meta.bytes -= bytes
  return connection.executeRaw("DELETE FROM entry WHERE id = ?", [id])
}

const insertedId = (result: unknown) => Number((result as { readonly lastInsertRowid: number }).lastInsertRowid)

const store = ({ connection, meta }: Context, standing: Standing | undefined, entry: NewEntry, generation: number) => {
  const parameters = EntrySchema.parametersOf(entry, generation)
  meta.bytes += bytesOf(entry) - (standing?.bytes ?? 0)
  meta.highWater = Math.max(meta.highWater, entry.storedAt)
  if (standing === undefined) {
    meta.entries += 1
    return Effect.map(connection.executeRaw(EntrySchema.insert, parameters), insertedId)
  }
  const { due, id } = standing
  const written = due === EntrySchema.dueOf(entry)
    ? connection.executeRaw(EntrySchema.update, [...parameters.slice(0, 9), id])
    : connection.executeRaw(EntrySchema.updateWithDue, [...parameters.slice(0, 10), id])
  return Effect.as(written, id)
}

/** Numbers that are higher than any taken come from another file, or from a time before this one was emptied. */
const isAdmitted = ({ barriers, meta }: Context, entry: NewEntry, generation: number, standing?: Standing) =>
  generation >= meta.floor && generation <= meta.generation && generation >= (standing?.generation ?? 0) &&
  barriers.admits({ key: entry.key, tags: entry.tags, generation })

/** Adds the row it wrote to `ids`. */
const putOne = (context: Context, entry: NewEntry, ids: Array<number>) =>
  Effect.gen(function*() {
    const { bounds, connection, meta } = context
    const standing = yield* find(context, entry.key)
    const isNext = entry.generation === "next"
    if (isNext) meta.generation += 1
    const generation = entry.generation === "next" ? meta.generation : Math.floor(entry.generation)
    if (!isNext && !isAdmitted(context, entry, generation, standing)) return Option.none<number>()
    if (bytesOf(entry) > Math.min(bounds.maxEntryBytes, bounds.maxBytes)) {
      if (standing !== undefined) yield* remove(context, standing)
      if (standing !== undefined) EntryMeta.forgotten(meta, new Set([standing.id]))
      if (isNext) yield* writeBarrier(connection, meta, barrierOf(generation, entry.key), context.barrierLimit)
      return Option.none<number>()
    }
    ids.push(yield* store(context, standing, entry, generation))
    return Option.some(generation)
  })

const barrierOf = (generation: number, key: string): Barrier => ({
  generation,
  kind: "remove",
  target: { _tag: "Key", key }
})

export const put = (context: Context, entries: ReadonlyArray<NewEntry>) =>
  Effect.gen(function*() {
    const ids: Array<number> = []
    const generations: Array<Option.Option<number>> = []
    for (const entry of entries) generations.push(yield* putOne(context, entry, ids))
    EntryMeta.written(context.meta, ids)
    return generations
  })

const apply = (context: Context, { kind, target }: Invalidation) =>
  Effect.gen(function*() {
    const { connection, meta } = context
    if (target._tag === "Key" && kind === "remove") {
      const standing = yield* find(context, target.key)
      if (standing === undefined) return
      yield* remove(context, standing)
      EntryMeta.withdrawn(meta, standing.id)
    } else if (target._tag === "Key") {
      yield* connection.executeRaw("UPDATE entry SET expired = 1 WHERE key = ?", [target.key])
    } else if (target._tag === "All" && kind === "remove") {
      yield* connection.executeRaw("DELETE FROM entry", [])
      meta.entries = 0
      meta.bytes = 0
      meta.lost = meta.writes
    }
  })

/** Gives the number it took. Rows that a tag concerns go with the evictor. */
export const invalidate = (context: Context, invalidation: Invalidation) =>
  Effect.gen(function*() {
    const { barrierLimit, connection, meta } = context
    meta.generation += 1
    const { generation } = meta
    yield* apply(context, invalidation)
    yield* writeBarrier(connection, meta, { ...invalidation, generation }, barrierLimit)
    return generation
  })

/** One row, if it is still the one that was seen. */
export const drop = (context: Context, { generation, key }: { readonly key: string; readonly generation: number }) =>
  Effect.gen(function*() {
    const standing = yield* find(context, key)
    if (standing === undefined || standing.generation !== generation) return
    yield* remove(context, standing)
    EntryMeta.forgotten(context.meta, new Set([standing.id]))
    context.meta.floor = Math.max(context.meta.floor, generation)
  })
