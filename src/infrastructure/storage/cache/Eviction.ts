/**
 * Makes room: what serves nobody any more goes first, then what nobody has read since the hand passed last (CLOCK).
 */
import * as EntryMeta from "./EntryMeta.ts"
import * as EntrySchema from "./EntrySchema.ts"
import type { Context } from "./EntryWrites.ts"

/** A few milliseconds of the event loop. */
const chunk = 200

/** Where it ends, of the bound where it begins: so that not every write has to make room for itself. */
const low = 0.9

interface Row {
  readonly id: number
  readonly key: string
  readonly bytes: number
  readonly generation: number
  readonly visited: number
  readonly tags: string | null
}

const columns = "id, key, bytes, generation, visited, tags"

const selectOverdue = `SELECT ${columns} FROM entry WHERE due <= ? ORDER BY due LIMIT ${chunk}`
const selectNext = `SELECT ${columns} FROM entry WHERE id > ? ORDER BY id LIMIT ${chunk}`

const ids = (rows: ReadonlyArray<Row>) => JSON.stringify(rows.map(({ id }) => id))

export const isOver = ({ bounds, meta }: Pick<Context, "bounds" | "meta">) =>
  meta.entries > bounds.maxEntries || meta.bytes > bounds.maxBytes

const isEnough = ({ bounds, meta }: Context, bytes: number, count: number) =>
  meta.entries - count <= bounds.maxEntries * low && meta.bytes - bytes <= bounds.maxBytes * low

/** As many of `rows` as it takes, from the front. */
const enough = (context: Context, rows: ReadonlyArray<Row>) => {
  let bytes = 0
  let count = 0
  for (const row of rows) {
    if (isEnough(context, bytes, count)) break
    bytes += row.bytes
    count += 1
  }
  return rows.slice(0, count)
}

const remove = ({ meta, statements }: Context, rows: ReadonlyArray<Row>) => {
  meta.entries -= rows.length
  for (const row of rows) {
    meta.bytes -= row.bytes
    // An older load of the same key is not to take its place.
    meta.floor = Math.max(meta.floor, row.generation)
  }
  EntryMeta.forgotten(meta, new Set(rows.map(({ id }) => id)))
  statements.run("DELETE FROM entry WHERE id IN (SELECT value FROM json_each(?))", ids(rows))
}

/** Absent when the row is damaged: whoever reads it sees that by its checksum. */
const tagsOf = ({ tags }: Row): ReadonlyArray<string> | undefined => {
  try {
    return tags === null ? [] : JSON.parse(tags)
  } catch {
    return undefined
  }
}

/** One step of the hand: rows that were read since the last one get another round. */
const sweep = (context: Context, visited: Set<number>) => {
  const { barriers, meta, statements } = context
  const rows = statements.all<Row>(selectNext, meta.hand)
  const isDispensable = (row: Row) => {
    if (row.visited === 0 && !visited.has(row.id)) return true
    const tags = tagsOf(row)
    return tags === undefined || barriers.statusOf({ ...row, tags }) === "removed"
  }
  if (rows.length === 0 && meta.hand === 0) {
    // The sums were damaged, or there would be rows: making room would never end.
    meta.entries = 0
    meta.bytes = 0
  }
  const victims = enough(context, rows.filter(isDispensable))
  const bytes = victims.reduce((sum, row) => sum + row.bytes, 0)
  const stop = isEnough(context, bytes, victims.length) ? victims.at(-1) : undefined
  const end = stop?.id ?? rows.at(-1)?.id ?? 0
  meta.hand = stop === undefined && rows.length < chunk ? 0 : end
  const passed = rows.filter((row) => row.id <= end && !isDispensable(row))
  const marked = passed.filter((row) => row.visited !== 0)
  for (const { id } of passed) visited.delete(id)
  if (marked.length > 0) {
    statements.run("UPDATE entry SET visited = 0 WHERE id IN (SELECT value FROM json_each(?))", ids(marked))
  }
  return victims
}

/** One chunk, in a transaction of its own; how many went, and whether there is more to do. */
export const step = (context: Context, visited: Set<number>, now: number) => {
  const overdue = context.statements.all<Row>(selectOverdue, EntrySchema.overdueAt(now))
  const victims = overdue.length > 0 ? enough(context, overdue) : sweep(context, visited)
  if (victims.length > 0) remove(context, victims)
  return { evicted: victims.length, isDone: isEnough(context, 0, 0) }
}

/** A tenth, and a chunk at most, whether or not a bound asks for it. */
export const force = (context: Context, visited: Set<number>, now: number) => {
  const { bounds, meta } = context
  const count = Math.min(chunk, Math.ceil(meta.entries * (1 - low)))
  return step(
    { ...context, bounds: { ...bounds, maxEntries: (meta.entries - count) / low, maxBytes: Infinity } },
    visited,
    now
  )
}

/** What was read since the last time, as far as it is worth a write. */
export const flushVisited = ({ statements }: Pick<Context, "statements">, visited: Set<number>): void => {
  const some = Array.from(visited).slice(0, chunk)
  if (some.length === 0) return
  statements.run(
    "UPDATE entry SET visited = 1 WHERE visited = 0 AND id IN (SELECT value FROM json_each(?))",
    JSON.stringify(some)
  )
  some.forEach((id) => visited.delete(id))
}
