/**
 * What is done to a cache file inside one write transaction.
 */
import { Option } from "effect"
import type * as BarrierTable from "./BarrierTable.ts"
import { write as writeBarrier } from "./BarrierTable.ts"
import * as EntryMeta from "./EntryMeta.ts"
import * as EntrySchema from "./EntrySchema.ts"
import { bytesOf } from "./EntryStore.ts"
import type { Bounds, Invalidation, NewEntry } from "./EntryStore.ts"
import type { Statements } from "./Statements.ts"

export interface Context {
  readonly statements: Statements
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

const find = ({ statements }: Context, key: string) =>
  statements.get<Standing>("SELECT id, generation, bytes, due FROM entry WHERE key = ?", key)

const remove = ({ meta, statements }: Context, { bytes, id }: Pick<Standing, "bytes" | "id">) => {
  meta.entries -= 1
  meta.bytes -= bytes
  statements.run("DELETE FROM entry WHERE id = ?", id)
}

/** The id of the row. */
const store = ({ meta, statements }: Context, standing: Standing | undefined, entry: NewEntry, generation: number) => {
  const { rest, withoutDue } = EntrySchema.parametersOf(entry, generation)
  meta.bytes += bytesOf(entry) - (standing?.bytes ?? 0)
  meta.highWater = Math.max(meta.highWater, entry.storedAt)
  if (standing === undefined) {
    meta.entries += 1
    return Number(statements.run(EntrySchema.insert, ...withoutDue, ...rest).lastInsertRowid)
  }
  const { due, id } = standing
  const [newDue] = rest
  if (due === newDue) statements.run(EntrySchema.update, ...withoutDue, id)
  else statements.run(EntrySchema.updateWithDue, ...withoutDue, newDue, id)
  return id
}

/** Numbers that are higher than any taken come from another file, or from a time before this one was emptied. */
const isAdmitted = ({ barriers, meta }: Context, entry: NewEntry, generation: number, standing?: Standing) =>
  generation >= meta.floor && generation <= meta.generation && generation >= (standing?.generation ?? 0) &&
  barriers.admits({ key: entry.key, tags: entry.tags, generation })

/** What is not kept is newer than what was there, and than loads that began before it. */
const withhold = ({ barrierLimit, meta, statements }: Context, key: string) => {
  meta.generation += 1
  const barrier = { generation: meta.generation, kind: "remove", target: { _tag: "Key", key } } as const
  writeBarrier(statements, meta, barrier, barrierLimit)
}

/** Adds the row it wrote to `ids`. */
const putOne = (context: Context, entry: NewEntry, ids: Array<number>): Option.Option<number> => {
  const { bounds, meta } = context
  const standing = find(context, entry.key)
  const isNext = entry.generation === "next"
  const generation = entry.generation === "next" ? meta.generation + 1 : Math.floor(entry.generation)
  if (!isNext && !isAdmitted(context, entry, generation, standing)) return Option.none()
  if (bytesOf(entry) > Math.min(bounds.maxEntryBytes, bounds.maxBytes)) {
    if (standing !== undefined) {
      remove(context, standing)
      EntryMeta.withdrawn(meta, standing.id)
    }
    withhold(context, entry.key)
    return Option.none()
  }
  if (isNext) meta.generation = generation
  ids.push(store(context, standing, entry, generation))
  return Option.some(generation)
}

export const put = (context: Context, entries: ReadonlyArray<NewEntry>): ReadonlyArray<Option.Option<number>> => {
  const ids: Array<number> = []
  const generations = entries.map((entry) => putOne(context, entry, ids))
  EntryMeta.written(context.meta, ids)
  return generations
}

const apply = (context: Context, { kind, target }: Invalidation) => {
  const { meta, statements } = context
  if (target._tag === "Key" && kind === "remove") {
    const standing = find(context, target.key)
    if (standing === undefined) return
    remove(context, standing)
    EntryMeta.withdrawn(meta, standing.id)
  } else if (target._tag === "Key") {
    statements.run("UPDATE entry SET expired = 1 WHERE key = ?", target.key)
  } else if (target._tag === "All" && kind === "remove") {
    statements.run("DELETE FROM entry")
    meta.entries = 0
    meta.bytes = 0
    meta.lost = meta.writes
  }
}

/** Gives the number it took. Rows that a tag concerns go with the evictor. */
export const invalidate = (context: Context, invalidation: Invalidation): number => {
  const { barrierLimit, meta, statements } = context
  meta.generation += 1
  const { generation } = meta
  apply(context, invalidation)
  writeBarrier(statements, meta, { ...invalidation, generation }, barrierLimit)
  return generation
}

/** One row, if it is still the one that was seen. */
export const drop = (context: Context, { generation, key }: { readonly key: string; readonly generation: number }) => {
  const standing = find(context, key)
  if (standing === undefined || standing.generation !== generation) return
  remove(context, standing)
  EntryMeta.forgotten(context.meta, new Set([standing.id]))
  context.meta.floor = Math.max(context.meta.floor, generation)
}
