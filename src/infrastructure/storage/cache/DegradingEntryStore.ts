/**
 * Entries while the disk fails: what comes is kept in memory, what is there is read, and every half a minute it is tried
 * again. Invalidations that cannot be written hold for this process, and the file is not believed by the next one.
 */
import { Clock, Duration, Effect, Option } from "effect"
import type { StorageFailure } from "../../../domain/storage/StorageFailure.ts"
import * as Telemetry from "../../telemetry/catalogue/Cache.ts"
import * as Barriers from "./Barriers.ts"
import type { Barrier, Changes, EntryStore, Invalidation, NewEntry, Stored } from "./EntryStore.ts"

export interface Options {
  readonly disk: EntryStore

  /** Of this process alone, for what the disk does not take. */
  readonly memory: EntryStore

  /** Has the file in use replaced when it is opened next. */
  readonly discard: Effect.Effect<void, StorageFailure>
}

const probeEvery = Duration.toMillis("30 seconds")

/** More than these are written as one about everything. */
const remembered = 1000

/** Numbers between two of the disk's: higher than all it has given, lower than those it will give. */
const between = 2 ** -20

const everything: Changes = { keys: [], barriers: [], everything: true }

interface Outage {
  probeAt: number
  unwritten: ReadonlyArray<Invalidation>
  isDiscarded: boolean

  /** An invalidation came when nobody could say what it is later than: nothing that was stored is believed. */
  isBlind: boolean
}

/** The next load brings it again. */
const isHarmless = (failure: StorageFailure, entries: ReadonlyArray<NewEntry>) =>
  failure._tag === "Busy" && entries.every(({ generation }) => generation !== "next")

export const make = ({ discard, disk, memory }: Options): EntryStore => {
  let outage: Outage | undefined
  let barriers = Barriers.make()
  let known = 0
  let isTold = true

  const learn = (generation: number) => (known = Math.max(known, generation))

  const fail = (failure: StorageFailure) =>
    Effect.gen(function*() {
      const probeAt = (yield* Clock.currentTimeMillis) + probeEvery
      if (outage !== undefined) {
        outage.probeAt = probeAt
        return
      }
      outage = { probeAt, unwritten: [], isDiscarded: false, isBlind: false }
      Telemetry.degraded.update(1, { "strata.cache.failure": failure._tag })
      yield* Effect.logWarning(`The cache stores in memory alone until its file can be written again (${failure._tag})`)
    })

  /** For this process from now on, and for the next one by the mark. */
  const holdHere = (invalidation: Invalidation) =>
    Effect.gen(function*() {
      const onDisk = yield* Effect.option(disk.generation)
      if (Option.isSome(onDisk)) learn(onDisk.value)
      const barrier: Barrier = { ...invalidation, generation: learn(known + between) }
      barriers.record(barrier)
      if (outage === undefined) return barrier.generation
      outage.isBlind ||= Option.isNone(onDisk)
      const { isDiscarded, unwritten } = outage
      outage.unwritten = unwritten.length < remembered
        ? [...unwritten, invalidation]
        : [{ kind: "remove", target: { _tag: "All" } }]
      if (isDiscarded) return barrier.generation
      outage.isDiscarded = true
      yield* Effect.catchAll(discard, ({ _tag }) =>
        Effect.logWarning(`The cache's file may serve what was invalidated when it is opened next (${_tag})`))
      return barrier.generation
    })

  /** What is written late gets a later number than what it was to reach, and than all this process has seen. */
  const writeLate = ({ unwritten }: Outage) =>
    Effect.gen(function*() {
      for (const invalidation of unwritten) learn(yield* disk.invalidate(invalidation))
      yield* memory.invalidate({ kind: "remove", target: { _tag: "All" } })
      outage = undefined
      barriers = Barriers.make()
      isTold = false
      yield* Effect.logInfo("The cache's file can be written again")
    })

  /** Whether the disk is to be tried: always, or once in a while. */
  const isUsable = Effect.suspend(() => {
    const current = outage
    if (current === undefined) return Effect.succeed(true)
    return Effect.flatMap(Clock.currentTimeMillis, (now) => {
      if (now < current.probeAt) return Effect.succeed(false)
      if (current.unwritten.length === 0) return Effect.succeed(true)
      return Effect.matchEffect(writeLate(current), {
        onFailure: (failure) => Effect.as(fail(failure), false),
        onSuccess: () => Effect.succeed(true)
      })
    })
  })

  const recovered = Effect.suspend(() => outage === undefined ? Effect.void : Effect.ignore(writeLate(outage)))

  /** What is read, from the file, is not older than what memory has of it. */
  const find = (key: string) =>
    Effect.flatMap(memory.get(key), (held) => Option.isSome(held) ? Effect.succeed(held) : disk.get(key))

  const isAdmitted = (entry: NewEntry, generation: number) =>
    Effect.map(
      Effect.orElseSucceed(find(entry.key), Option.none),
      (found) =>
        barriers.admits({ ...entry, generation }) && !Option.exists(found, (other) => other.generation > generation)
    )

  /** A set ends what was there, also when memory has to let go of it. */
  const keepOne = (entry: NewEntry) =>
    Effect.gen(function*() {
      const { generation, key } = entry
      if (generation === "next") yield* holdHere({ kind: "remove", target: { _tag: "Key", key } })
      const own = generation === "next" ? learn(known + between) : generation
      if (generation !== "next" && !(yield* isAdmitted(entry, own))) return Option.none<number>()
      const [kept] = yield* memory.put([{ ...entry, generation: own }], "through")
      return kept ?? Option.none<number>()
    })

  const keep = (entries: ReadonlyArray<NewEntry>): Effect.Effect<Stored, StorageFailure> =>
    Effect.forEach(entries, keepOne)

  return {
    generation: Effect.matchEffect(disk.generation, {
      onFailure: (failure) => outage === undefined ? Effect.fail(failure) : Effect.sync(() => known),
      onSuccess: (generation) => Effect.sync(() => learn(generation))
    }),

    get: (key) =>
      Effect.suspend(() =>
        Effect.map(outage === undefined ? disk.get(key) : outage.isBlind ? memory.get(key) : find(key), (found) => {
          if (outage === undefined || Option.isNone(found)) return found
          const status = barriers.statusOf(found.value)
          if (status === "removed") return Option.none()
          return status === "expired" ? Option.some({ ...found.value, expired: true }) : found
        })
      ),

    put: (entries, write) =>
      Effect.flatMap(isUsable, (usable) =>
        usable
          ? disk.put(entries, write).pipe(
            Effect.zipLeft(recovered),
            Effect.catchAll((failure) =>
              isHarmless(failure, entries)
                ? Effect.succeed(entries.map(() => Option.none()))
                : Effect.zipRight(fail(failure), keep(entries))
            )
          )
          : keep(entries)),

    invalidate: (invalidation) =>
      Effect.flatMap(isUsable, (usable) =>
        usable
          ? Effect.map(disk.invalidate(invalidation), learn).pipe(
            Effect.zipLeft(recovered),
            Effect.catchAll((failure) => Effect.zipRight(fail(failure), holdHere(invalidation)))
          )
          : holdHere(invalidation)),

    changes: Effect.map(disk.changes, (changes) => {
      if (isTold) return changes
      isTold = true
      return Option.some(everything)
    }),
    claim: disk.claim,
    size: disk.size
  }
}
