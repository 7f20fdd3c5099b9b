/**
 * Entries in a SQLite file that the processes of this machine share. A read is one prepared statement and no write.
 */
import { Clock, Effect, Option } from "effect"
import type { Duration, Scope } from "effect"
import { createHash } from "node:crypto"
import { Full } from "../../../domain/storage/StorageFailure.ts"
import type { StorageFailure } from "../../../domain/storage/StorageFailure.ts"
import * as Telemetry from "../../telemetry/catalogue/Cache.ts"
import * as Span from "../../telemetry/Span.ts"
import * as BarrierTable from "./BarrierTable.ts"
import * as ChangeLog from "./ChangeLog.ts"
import * as ClockSteps from "./ClockSteps.ts"
import * as EntryDatabase from "./EntryDatabase.ts"
import * as EntryMeta from "./EntryMeta.ts"
import * as EntrySchema from "./EntrySchema.ts"
import { defaultBounds } from "./EntryStore.ts"
import type { Bounds, Claim, Entry, EntryStore, Invalidation, NewEntry, Stored } from "./EntryStore.ts"
import * as EntryWrites from "./EntryWrites.ts"
import * as Eviction from "./Eviction.ts"
import * as GroupCommit from "./GroupCommit.ts"
import type { Statements } from "./Statements.ts"

export interface Options extends Bounds {
  /** A path, or `:memory:`. Created for its owner only. */
  readonly filename: string

  /** The hard wall for the file. Absent: as large as `maxBytes` and what SQLite adds to it. */
  readonly maxFileBytes?: number

  /** Numbers start above it: those of an earlier file must not come again. */
  readonly base?: number

  /** How many invalidations are remembered one by one. */
  readonly barrierLimit?: number

  /** How long a process that stopped, and is not dead, keeps a claim. */
  readonly claimTimeToLive?: Duration.DurationInput
}

/** A cache that waits longer than this has stopped being one. */
const deadline = "1 second"

/** Waiting for the ids of rows that were read; more than this at once is not worth remembering. */
const visitedLimit = 100_000

/** Marks of what was read cost a write, and are of no use before there is too much. */
const worthMarking = 0.8

const claimName = (key: string) => `entry ${createHash("sha256").update(key).digest("hex")}`

const isFull = (failure: unknown): failure is Full => failure instanceof Full

interface Attempt {
  readonly stored: Stored
  readonly isOver: boolean

  /** Before it. */
  readonly highWater: number
}

export const make = (options: Options): Effect.Effect<EntryStore, StorageFailure, Scope.Scope> =>
  Effect.gen(function*() {
    const { barrierLimit = 4096, base = 0, claimTimeToLive = "10 seconds" } = options
    const bounds = { ...defaultBounds, ...options }
    const maxFileBytes = options.maxFileBytes ?? 2 * bounds.maxBytes + 16 * 1024 * 1024
    const { filename } = options
    const { isHeld, lease, read, version, write } = yield* EntryDatabase.make({ filename, maxFileBytes, deadline })
    const barriers = BarrierTable.makeCopy()
    const visited = new Set<number>()

    const log = yield* ChangeLog.make({ read, version })

    /** As the last commit left the file, while nobody else writes. */
    let known: { readonly version: number; readonly meta: EntryMeta.Meta } | undefined
    const current = (statements: Statements, now: number) =>
      known?.version === now ? known.meta : EntryMeta.read(statements)

    /** One write transaction over the state of the file. */
    const change = <A>(use: (context: EntryWrites.Context) => A, durability: "relaxed" | "durable" = "relaxed") =>
      write(
        (statements) => {
          const fileVersion = EntryDatabase.versionOf(statements)
          const meta = current(statements, fileVersion)
          // It is changed from here on, and that may come to nothing.
          known = undefined
          barriers.refresh(statements, meta.newest)
          const from = { writes: meta.writes, barrier: meta.newest }
          const result = use({ statements, meta, barriers, bounds, barrierLimit })
          EntryMeta.write(statements, meta)
          return { result, meta, from, fileVersion }
        },
        ({ fileVersion, from, meta, result }) => {
          known = { version: fileVersion, meta }
          log.passed(from, { writes: meta.writes, barrier: meta.newest })
          return result
        },
        durability
      )

    const first = yield* read(EntryMeta.read)
    const start = change(({ meta }) => {
      if (meta.generation >= base) return
      meta.generation = base
      meta.floor = base
    })
    if (first.generation < base) yield* start

    let evicted = 0
    const count = (rows: number) => {
      evicted += rows
      if (rows > 0) Telemetry.evictions.update(rows, {})
    }
    const evict = (how: typeof Eviction.step) =>
      Effect.gen(function*() {
        const now = yield* Clock.currentTimeMillis
        const step = yield* change((context) => how(context, visited, now))
        count(step.evicted)
        return step.isDone
      })
    const evicting = (yield* Effect.makeSemaphore(1)).withPermits(1)
    const makeRoom = Effect.repeat(Effect.zipLeft(evict(Eviction.step), Effect.yieldNow()), {
      until: (isDone) => isDone
    }).pipe(Span.withSpan(Telemetry.evict, {}), evicting)

    const noteClock = ClockSteps.make()
    const refused: Stored = [Option.none()]

    const putAll = (entries: ReadonlyArray<NewEntry>, fence?: number) => (context: EntryWrites.Context): Attempt => {
      const { meta, statements } = context
      const { highWater } = meta
      if (fence !== undefined && !isHeld(statements, fence)) return { stored: refused, isOver: false, highWater }
      if (meta.bytes > bounds.maxBytes * worthMarking) Eviction.flushVisited(context, visited)
      return { stored: EntryWrites.put(context, entries), isOver: Eviction.isOver(context), highWater }
    }

    const put = (entries: ReadonlyArray<NewEntry>, fence?: number): Effect.Effect<Stored, StorageFailure> => {
      const attempt = change(putAll(entries, fence))
      const settled = Effect.flatMap(attempt, ({ highWater, isOver, stored }) => {
        const noted = Effect.as(noteClock(highWater, entries), stored)
        return isOver ? Effect.zipRight(makeRoom, noted) : noted
      })
      // After a chunk has gone there is room, or the disk itself is full, and then nothing can go either.
      return Effect.catchIf(
        settled,
        isFull,
        () =>
          Effect.zipRight(evicting(evict(Eviction.force)), settled).pipe(Effect.catchIf(isFull, () => skip(entries)))
      )
    }

    const invalidate = GroupCommit.make((batch: ReadonlyArray<Invalidation>) =>
      change((context) => batch.map((each) => EntryWrites.invalidate(context, each)), "durable")
    )

    /** A set that finds no room still ends what was there. */
    const skip = (entries: ReadonlyArray<NewEntry>) =>
      Effect.forEach(entries, ({ generation, key }) =>
        generation === "next"
          ? Effect.as(invalidate({ kind: "remove", target: { _tag: "Key", key } }), Option.none<number>())
          : Effect.succeedNone)

    const dropDamaged = (row: EntrySchema.FoundRow) => {
      Telemetry.dropped.update(1, { "strata.cache.reason": "damaged" })
      return Effect.as(Effect.ignore(change((context) => EntryWrites.drop(context, row))), Option.none<Entry>())
    }

    const found = (row: EntrySchema.FoundRow): Effect.Effect<Option.Option<Entry>> => {
      const entry = EntrySchema.entryOf(row)
      if (entry === undefined) return dropDamaged(row)
      const status = barriers.statusOf(entry)
      if (status === "removed") return Effect.succeedNone
      if (visited.size < visitedLimit) visited.add(row.id)
      return Effect.succeedSome(status === "expired" ? { ...entry, expired: true } : entry)
    }

    const get = (key: string) =>
      Effect.flatten(read((statements) => {
        const row = statements.get<EntrySchema.FoundRow>(EntrySchema.selectByKey, key)
        if (row === undefined) return Effect.succeedNone
        barriers.refresh(statements, row.newest ?? 0)
        return found(row)
      }))

    const claim = (key: string) =>
      Effect.map(
        lease.tryTake(claimName(key), claimTimeToLive),
        Option.map(({ check, fence }): Claim => ({
          put: (entry) =>
            Effect.zipRight(check, put([entry], fence)).pipe(
              Effect.map(([stored]) => stored ?? Option.none()),
              Effect.catchTag("LeaseLost", () => Effect.succeedNone)
            )
        }))
      )

    return {
      generation: read(EntryMeta.readGeneration),
      get,
      put: (entries) => entries.length === 0 ? Effect.succeed([]) : put(entries),
      invalidate,
      changes: log.changes,
      claim,
      size: Effect.map(read(EntryMeta.read), ({ bytes, entries }) => ({ entries, bytes, evicted }))
    }
  })
