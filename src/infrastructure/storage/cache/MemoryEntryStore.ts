/**
 * Entries in a map. Several caches may share them, as processes share a file.
 */
import { Effect, Option } from "effect"
import * as Telemetry from "../../telemetry/catalogue/Cache.ts"
import * as Barriers from "./Barriers.ts"
import { bytesOf, defaultBounds } from "./EntryStore.ts"
import type { Barrier, Bounds, Changes, Entry, EntryStore, Invalidation, NewEntry, Target } from "./EntryStore.ts"

interface Row {
  entry: Entry
  visited: boolean
}

/** One thing that happened, and who did it. */
interface Happening {
  readonly by: symbol
  readonly what: string | Barrier
}

/** How many rows are looked at for one that is of no use, before one that is has to go. */
const searched = 200

/** What one store tells others of at most; they drop everything when there was more. */
const remembered = 10_000

/** Gives a store of its own for each who shares the entries. */
export const makeShared = (bounds: Bounds = {}): Effect.Effect<Effect.Effect<EntryStore>> =>
  Effect.sync(() => {
    const { maxBytes, maxEntries, maxEntryBytes } = { ...defaultBounds, ...bounds }
    const barriers = Barriers.make()
    /** From the oldest to the newest; one that was read since it came to the front goes to the back once. */
    const rows = new Map<string, Row>()
    const claims = new Map<string, symbol>()
    const log: Array<Happening> = []
    let logged = 0
    let bytes = 0
    let generation = 1

    const tell = (by: symbol, what: Happening["what"]) => {
      logged += 1
      log.push({ by, what })
      if (log.length > 2 * remembered) log.splice(0, log.length - remembered)
    }

    const drop = (row: Row) => {
      rows.delete(row.entry.key)
      bytes -= bytesOf(row.entry)
    }

    const isUseless = ({ entry }: Row, now: number) =>
      now - entry.storedAt >= entry.keptUntil || barriers.statusOf(entry) === "removed"

    /** A load that began before the one that is pushed out must not come in after it. */
    const pushOut = (row: Row) => {
      drop(row)
      const target = { _tag: "Key", key: row.entry.key } as const
      barriers.record({ kind: "expire", generation: row.entry.generation, target })
      return 1
    }

    const isOver = () => rows.size > maxEntries || bytes > maxBytes

    const evict = (now: number) => {
      let evicted = 0
      let left = searched
      for (const row of rows.values()) {
        if (!isOver() || left === 0) break
        left -= 1
        if (isUseless(row, now)) evicted += pushOut(row)
      }
      for (const row of rows.values()) {
        if (!isOver()) break
        if (row.visited) {
          row.visited = false
          rows.delete(row.entry.key)
          rows.set(row.entry.key, row)
        } else evicted += pushOut(row)
      }
      return evicted
    }

    const insert = (by: symbol, entry: NewEntry): Option.Option<number> => {
      const own = entry.generation === "next" ? generation += 1 : entry.generation
      const before = rows.get(entry.key)
      if (before !== undefined && before.entry.generation > own) return Option.none()
      if (!barriers.admits({ ...entry, generation: own })) return Option.none()
      if (before !== undefined) drop(before)
      tell(by, entry.key)
      if (bytesOf(entry) > Math.min(maxBytes, maxEntryBytes)) {
        barriers.record({ kind: "remove", generation: own, target: { _tag: "Key", key: entry.key } })
        return Option.none()
      }
      rows.set(entry.key, { entry: { ...entry, generation: own, expired: false }, visited: false })
      bytes += bytesOf(entry)
      return Option.some(own)
    }

    /** What a barrier of a key concerns is one row, and is done with at once: such barriers are forgotten some day. */
    const apply = (target: Target, kind: Invalidation["kind"]) => {
      if (target._tag === "All" && kind === "remove") {
        rows.clear()
        bytes = 0
      }
      const row = target._tag === "Key" ? rows.get(target.key) : undefined
      if (row === undefined) return
      if (kind === "remove") drop(row)
      else row.entry = { ...row.entry, expired: true }
    }

    return Effect.sync((): EntryStore => {
      const self = Symbol("EntryStore")
      let seen = logged
      let evicted = 0

      const put = (entries: ReadonlyArray<NewEntry>) =>
        Effect.sync(() => {
          const stored = entries.map((entry) => insert(self, entry))
          const count = evict(Math.max(...entries.map(({ storedAt }) => storedAt)))
          evicted += count
          if (count > 0) Telemetry.evictions.update(count, {})
          return stored
        })

      const changes = (): Option.Option<Changes> => {
        const since = logged - seen
        if (since === 0) return Option.none()
        seen = logged
        if (since > log.length) return Option.some({ keys: [], barriers: [], everything: true })
        const others = log.slice(log.length - since).flatMap(({ by, what }) => by === self ? [] : [what])
        if (others.length === 0) return Option.none()
        return Option.some({
          keys: others.filter((what) => typeof what === "string"),
          barriers: others.filter((what) => typeof what !== "string"),
          everything: false
        })
      }

      const take = (key: string) =>
        Effect.sync(() => {
          if (claims.has(key)) return undefined
          const token = Symbol(key)
          claims.set(key, token)
          return token
        })

      return {
        generation: Effect.sync(() => generation),
        get: (key) =>
          Effect.sync(() => {
            const row = rows.get(key)
            const status = row === undefined ? "removed" : barriers.statusOf(row.entry)
            if (row === undefined || status === "removed") return Option.none()
            row.visited = true
            return Option.some(status === "expired" ? { ...row.entry, expired: true } : row.entry)
          }),
        put,
        invalidate: ({ kind, target }) =>
          Effect.sync(() => {
            generation += 1
            const barrier: Barrier = { kind, target, generation }
            barriers.record(barrier)
            apply(target, kind)
            tell(self, barrier)
            return generation
          }),
        changes: Effect.sync(changes),
        claim: (key) =>
          Effect.acquireRelease(
            take(key),
            (token) => Effect.sync(() => token !== undefined && claims.get(key) === token && claims.delete(key))
          ).pipe(
            Effect.map((token) =>
              token === undefined
                ? Option.none()
                : Option.some({
                  put: (entry: NewEntry) => Effect.map(put([entry]), ([stored]) => stored ?? Option.none())
                })
            )
          ),
        size: Effect.sync(() => ({ entries: rows.size, bytes, evicted }))
      }
    })
  })

export const make = (bounds?: Bounds): Effect.Effect<EntryStore> => Effect.flatten(makeShared(bounds))
