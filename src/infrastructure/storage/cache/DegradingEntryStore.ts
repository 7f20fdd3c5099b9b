/**
 * Entries while the disk fails: what comes is kept in memory, what is there is read, and every half a minute it is tried
 * again. Invalidations that cannot be written hold for this process, and the file is not believed by the next one.
 */
import { Clock, Duration, Effect, Option } from "effect"
import type { StorageFailure } from "../../../domain/storage/StorageFailure.ts"
import * as Telemetry from "../../telemetry/catalogue/Cache.ts"
import type { Barrier, Changes, EntryStore, Invalidation, NewEntry, Stored } from "./EntryStore.ts"
import * as Outage from "./Outage.ts"

export interface Options {
  readonly disk: EntryStore

  /** Of this process alone, for what the disk does not take: one for each time that it fails. */
  readonly memory: Effect.Effect<EntryStore>

  /** Has the file in use replaced when it is opened next. */
  readonly discard: Effect.Effect<void, StorageFailure>
}

const probeEvery = Duration.toMillis("30 seconds")

/** Numbers between two of the disk's: higher than all it has given, lower than those it will give. */
const between = 2 ** -20

const everything: Changes = { keys: [], barriers: [], everything: true }

/** The next load brings it again. */
const isHarmless = (failure: StorageFailure, entries: ReadonlyArray<NewEntry>) =>
  failure._tag === "Busy" && entries.every(({ generation }) => generation !== "next")

export const make = ({ discard, disk, memory }: Options): EntryStore => {
  let outage: Outage.Outage | undefined
  let known = 0
  let isTold = true

  const learn = (generation: number) => (known = Math.max(known, generation))

  /** Also where the next number a double can tell is further away. */
  const learnNext = () => learn(known + Math.max(between, known * Number.EPSILON))

  const fail = (failure: StorageFailure) =>
    Effect.gen(function*() {
      const now = yield* Clock.currentTimeMillis
      const fresh = outage ?? Outage.make(yield* memory)
      const isNew = outage === undefined
      outage ??= fresh
      outage.probeAt = now + probeEvery
      if (!isNew) return
      Telemetry.degraded.update(1, { "strata.cache.failure": failure._tag })
      yield* Effect.logWarning(`The cache stores in memory alone until its file can be written again (${failure._tag})`)
    })

  /** For this process from now on, and for the next one by the mark. */
  const holdHere = (invalidation: Invalidation): Effect.Effect<number, StorageFailure> =>
    Effect.gen(function*() {
      const current = outage
      if (current === undefined) return yield* invalidate(invalidation)
      // Before anything else: the outage does not end without it.
      Outage.add(current, invalidation)
      const onDisk = yield* Effect.option(disk.generation)
      if (Option.isSome(onDisk)) learn(onDisk.value)
      if (outage !== current) return known
      const barrier: Barrier = { ...invalidation, generation: learnNext() }
      current.barriers.record(barrier)
      current.isBlind ||= Option.isNone(onDisk)
      if (current.isDiscarded) return barrier.generation
      current.isDiscarded = true
      yield* Effect.catchAll(discard, ({ _tag }) =>
        Effect.logWarning(`The cache's file may serve what was invalidated when it is opened next (${_tag})`))
      return barrier.generation
    })

  /**
   * What is written late gets a later number than what it was to reach, and than all this process has seen. The outage
   * ends in the step in which nothing is left.
   */
  const writeLate = (current: Outage.Outage) =>
    current.inTurn(Effect.gen(function*() {
      while (outage === current) {
        const [oldest] = current.unwritten
        if (oldest === undefined) {
          outage = undefined
          isTold = false
          return yield* Effect.logInfo("The cache's file can be written again")
        }
        learn(yield* disk.invalidate(oldest))
        if (current.unwritten[0] === oldest) current.unwritten.shift()
      }
    }))

  /** Whether the disk is to be tried: always, or by one once in a while. */
  const isUsable = Effect.suspend(() => {
    const current = outage
    if (current === undefined) return Effect.succeed(true)
    return Effect.flatMap(Clock.currentTimeMillis, (now) => {
      if (now < current.probeAt) return Effect.succeed(false)
      current.probeAt = now + probeEvery
      if (current.unwritten.length === 0) return Effect.succeed(true)
      return Effect.matchEffect(writeLate(current), {
        onFailure: (failure) => Effect.as(fail(failure), false),
        onSuccess: () => Effect.succeed(true)
      })
    })
  })

  const recovered = Effect.suspend(() => outage === undefined ? Effect.void : Effect.ignore(writeLate(outage)))

  /** What is read, from the file, is not older than what memory has of it. */
  const find = (current: Outage.Outage, key: string) =>
    Effect.flatMap(current.memory.get(key), (held) => Option.isSome(held) ? Effect.succeed(held) : disk.get(key))

  const isAdmitted = (current: Outage.Outage, entry: NewEntry, generation: number) =>
    Effect.map(
      Effect.orElseSucceed(find(current, entry.key), Option.none),
      (found) =>
        current.barriers.admits({ ...entry, generation }) &&
        !Option.exists(found, (other) => other.generation > generation)
    )

  /** A set ends what was there, also when memory has to let go of it. */
  const keepOne = (current: Outage.Outage, entry: NewEntry) =>
    Effect.gen(function*() {
      const { generation, key } = entry
      if (generation === "next") yield* holdHere({ kind: "remove", target: { _tag: "Key", key } })
      const own = generation === "next" ? learnNext() : generation
      if (generation !== "next" && !(yield* isAdmitted(current, entry, own))) return Option.none<number>()
      if (outage !== current) return Option.none<number>()
      const [kept] = yield* current.memory.put([{ ...entry, generation: own }], "through")
      return kept ?? Option.none<number>()
    })

  const keep = (entries: ReadonlyArray<NewEntry>, write: "behind" | "through"): Effect.Effect<Stored, StorageFailure> =>
    Effect.suspend(() => {
      const current = outage
      return current === undefined ? put(entries, write) : Effect.forEach(entries, (entry) => keepOne(current, entry))
    })

  const put: EntryStore["put"] = (entries, write) =>
    Effect.flatMap(isUsable, (usable) =>
      usable
        ? disk.put(entries, write).pipe(
          Effect.zipLeft(recovered),
          Effect.catchAll((failure) =>
            isHarmless(failure, entries)
              ? Effect.succeed(entries.map(() => Option.none()))
              : Effect.zipRight(fail(failure), keep(entries, write))
          )
        )
        : keep(entries, write))

  const invalidate: EntryStore["invalidate"] = (invalidation) =>
    Effect.flatMap(isUsable, (usable) =>
      usable
        ? Effect.map(disk.invalidate(invalidation), learn).pipe(
          Effect.zipLeft(recovered),
          Effect.catchAll((failure) => Effect.zipRight(fail(failure), holdHere(invalidation)))
        )
        : holdHere(invalidation))

  return {
    put,
    invalidate,
    generation: Effect.matchEffect(disk.generation, {
      onFailure: (failure) => outage === undefined ? Effect.fail(failure) : Effect.sync(() => known),
      onSuccess: (generation) => Effect.sync(() => learn(generation))
    }),

    get: (key) =>
      Effect.suspend(() => {
        const current = outage
        if (current === undefined) return disk.get(key)
        const found = current.isBlind ? current.memory.get(key) : find(current, key)
        return Effect.map(found, (each) => Outage.judged(current, each))
      }),

    changes: Effect.map(disk.changes, (changes) => {
      if (isTold) return changes
      isTold = true
      return Option.some(everything)
    }),
    claim: disk.claim,
    size: disk.size
  }
}
