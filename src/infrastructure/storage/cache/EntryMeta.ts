/**
 * The one row of a cache file with what would otherwise have to be counted or looked for.
 */
import type { Statements } from "./Statements.ts"

export interface Meta {
  /** The last number taken. */
  generation: number

  /** Loads that began before it are refused: nobody knows any more what happened since to the keys they are of. */
  floor: number
  entries: number
  bytes: number

  /** The latest time, in epoch milliseconds, at which anything was stored. */
  highWater: number

  /** The last row that eviction looked at. */
  hand: number

  /** How many rows have been written, ever. */
  writes: number

  /** Who has seen no more writes than this cannot be told what came after. */
  lost: number

  /** The rows of the last writes, the newest last; 0 for one that a barrier tells of, and before the first. */
  readonly recent: Float64Array

  /** The number of the newest barrier. Its table has it, not this one. */
  newest: number
}

interface Row extends Omit<Meta, "highWater" | "recent" | "newest"> {
  readonly high_water: number
  readonly recent: Uint8Array
  readonly newest: number | null
}

/** What fits on one page with the rest. */
const recentLimit = 384

const numbersOf = (blob: Uint8Array) => {
  const numbers = new Float64Array(recentLimit)
  // By bytes, as its place in memory may not suit numbers.
  const last = blob.subarray(-numbers.byteLength)
  new Uint8Array(numbers.buffer).set(last, numbers.byteLength - last.byteLength)
  return numbers
}

const select = "SELECT generation, floor, entries, bytes, high_water, hand, writes, lost, recent, " +
  "(SELECT max(generation) FROM barrier) AS newest FROM meta"

export const read = ({ get }: Statements): Meta => {
  const row = get<Row>(select)
  if (row === undefined) throw Object.assign(new Error("There is no meta row"), { code: "SQLITE_CORRUPT" })
  const { high_water: highWater, newest, recent, ...rest } = row
  return { ...rest, highWater, recent: numbersOf(recent), newest: newest ?? 0 }
}

export const readGeneration = ({ get }: Statements): number =>
  get<Pick<Row, "generation">>("SELECT generation FROM meta")?.generation ?? 0

const update = "UPDATE meta SET generation = ?, floor = ?, entries = ?, bytes = ?, high_water = ?, hand = ?, " +
  "writes = ?, lost = ?, recent = ?"

export const write = ({ run }: Statements, meta: Meta): void => {
  run(
    update,
    meta.generation,
    meta.floor,
    meta.entries,
    meta.bytes,
    meta.highWater,
    meta.hand,
    meta.writes,
    meta.lost,
    new Uint8Array(meta.recent.buffer)
  )
}

export const written = (meta: Meta, ids: ReadonlyArray<number>): void => {
  const { recent } = meta
  const added = ids.slice(-recentLimit)
  meta.writes += ids.length
  recent.copyWithin(0, added.length)
  recent.set(added, recentLimit - added.length)
}

/** The row is gone and a barrier of its key says so. */
export const withdrawn = (meta: Meta, id: number) => {
  const { recent } = meta
  for (let index = recent.indexOf(id); index >= 0; index = recent.indexOf(id, index + 1)) recent[index] = 0
}

/** Rows are gone and nothing says so: what they had told is lost, and their numbers may be used again. */
export const forgotten = (meta: Meta, ids: ReadonlySet<number>) => {
  if (meta.recent.some((id) => ids.has(id))) meta.lost = meta.writes
}

/** The rows written since there were `writes`; `undefined` when that is not known any more. */
export const since = (meta: Meta, writes: number): ReadonlyArray<number> | undefined => {
  const count = meta.writes - writes
  if (count > meta.recent.length || writes < meta.lost) return undefined
  return count === 0 ? [] : Array.from(meta.recent.subarray(-count)).filter((id) => id !== 0)
}
