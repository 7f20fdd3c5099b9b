/**
 * What others did to a cache file since the last look, from the numbers that every write leaves: there is no log to
 * write or to trim.
 */
import { Effect, Option } from "effect"
import type { StorageFailure } from "../../../domain/storage/StorageFailure.ts"
import * as BarrierTable from "./BarrierTable.ts"
import type { EntryDatabase } from "./EntryDatabase.ts"
import * as EntryMeta from "./EntryMeta.ts"
import type { Changes } from "./EntryStore.ts"
import type { Statements } from "./Statements.ts"

const selectKeys = "SELECT key FROM entry WHERE id IN (SELECT value FROM json_each(?))"

const nothing = Option.none<Changes>()

/** How far a file has come. */
export interface Mark {
  readonly writes: number
  readonly barrier: number
}

interface Seen extends Mark {
  readonly version: number
}

/** What happened before it is made is not told. */
export const make = ({ read, version }: Pick<EntryDatabase, "read" | "version">) =>
  Effect.gen(function*() {
    if (version === undefined) return { passed: () => undefined, changes: Effect.succeed(nothing) }

    /** The version first: what comes between the statements is told again. */
    const look = Effect.zipWith(version, read(EntryMeta.read), (number, meta) => ({
      meta,
      seen: { version: number, writes: meta.writes, barrier: meta.newest }
    }))
    let { seen }: { seen: Seen } = yield* look

    const keysOf = ({ all }: Statements, ids: ReadonlyArray<number>) =>
      ids.length === 0 ? [] : all<{ readonly key: string }>(selectKeys, JSON.stringify(ids)).map(({ key }) => key)

    const news: Effect.Effect<Option.Option<Changes>, StorageFailure> = Effect.gen(function*() {
      const last = seen
      const { meta, seen: next } = yield* look
      const ids = EntryMeta.since(meta, last.writes)
      const distinct = Array.from(new Set(ids))
      const keys = yield* read((statements) => keysOf(statements, distinct))
      const barriers = next.barrier === last.barrier
        ? []
        : yield* read((statements) => BarrierTable.readSince(statements, last.barrier))
      seen = { ...next, barrier: barriers.at(-1)?.generation ?? next.barrier }
      // A row that is gone again leaves no key behind; barriers that were folded are below the floor.
      const everything = ids === undefined || keys.length < distinct.length ||
        (next.barrier > last.barrier && meta.floor > last.barrier)
      return keys.length > 0 || barriers.length > 0 || everything
        ? Option.some({ keys, barriers, everything })
        : nothing
    })

    return {
      /** Tells of a commit of one's own, from one state to another: it is no news unless others came between. */
      passed: (from: Mark, to: Mark) => {
        if (from.writes === seen.writes && from.barrier <= seen.barrier) seen = { ...seen, ...to }
      },
      changes: Effect.flatMap(version, (number) => number === seen.version ? Effect.succeed(nothing) : news)
    }
  })
