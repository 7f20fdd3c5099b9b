/**
 * Puts that wait a few milliseconds to be stored together. This process reads them at once; when it is killed, they are
 * lost. Invalidations never wait.
 */
import { Effect, Option } from "effect"
import type { Scope } from "effect"
import * as Telemetry from "../../telemetry/catalogue/Cache.ts"
import * as Span from "../../telemetry/Span.ts"
import * as Barriers from "./Barriers.ts"
import { bytesOf, defaultBounds } from "./EntryStore.ts"
import type { Bounds, Changes, Claim, Entry, EntryStore, Invalidation, NewEntry, Target } from "./EntryStore.ts"

/** How long the first put waits, and how much waits at most. */
const window = "5 millis"
const maxWaiting = 256
const maxWaitingBytes = 1024 * 1024

/** Beyond this all of memory is told not to be relied on. */
const maxRefused = 1024

interface Waiting {
  readonly entry: NewEntry

  /** Not later than the number it will have. */
  readonly generation: number
}

const nothing: Changes = { keys: [], barriers: [], everything: false }

const concerns = (target: Target, { key, tags }: NewEntry) =>
  target._tag === "All" || (target._tag === "Key" ? target.key === key : tags.includes(target.tag))

/** Stores what waits when the scope closes; `store` must be open until after that. */
export const make = (store: EntryStore, bounds: Bounds = {}): Effect.Effect<EntryStore, never, Scope.Scope> =>
  Effect.gen(function*() {
    const { maxBytes, maxEntryBytes } = { ...defaultBounds, ...bounds }
    const largest = Math.min(maxBytes, maxEntryBytes, maxWaitingBytes)
    const scope = yield* Effect.scope
    const inTurn = (yield* Effect.makeSemaphore(1)).withPermits(1)
    const barriers = Barriers.make()
    let waiting = new Map<string, Waiting>()
    let flushing: ReadonlyMap<string, Waiting> = new Map()
    let bytes = 0
    let known = 0
    let isScheduled = false

    /** Puts that were taken, and later refused: whoever believed them has to be told. */
    const refused = new Set<string>()

    const learn = (generation: number) => {
      known = Math.max(known, generation)
      return generation
    }

    /** A load that began before a set was stored is not to wait behind it. */
    const learnStored = (entries: ReadonlyArray<NewEntry>, stored: ReadonlyArray<Option.Option<number>>) =>
      entries.forEach(({ generation, key }, index) => {
        const own = stored[index] ?? Option.none()
        if (Option.isNone(own)) return void (refused.size < maxRefused && refused.add(key))
        learn(own.value)
        if (generation !== "next") return
        barriers.record({ kind: "remove", target: { _tag: "Key", key }, generation: own.value })
      })

    const write = (entries: ReadonlyArray<NewEntry>) =>
      Effect.tap(store.put(entries, "through"), (stored) => Effect.sync(() => learnStored(entries, stored)))

    /** In turn. What could not be stored is gone, and counted. */
    const flushAll = Effect.suspend(() => {
      if (waiting.size === 0) return Effect.void
      flushing = waiting
      waiting = new Map()
      bytes = 0
      const entries = Array.from(flushing.values(), ({ entry }) => entry)
      return write(entries).pipe(
        Span.withSpan(Telemetry.flush, { "strata.cache.entries": entries.length }),
        Effect.catchAllCause(() => Effect.sync(() => Telemetry.faults.update(1, {}))),
        Effect.ensuring(Effect.sync(() => void (flushing = new Map())))
      )
    }).pipe(Effect.uninterruptible)
    const flush = inTurn(flushAll)

    const flushLater = Effect.suspend(() => {
      if (isScheduled) return Effect.void
      isScheduled = true
      // Also when the caller is not: nobody waits for it, and closing the scope must not.
      const later = Effect.zipRight(
        Effect.sleep(window),
        Effect.suspend(() => {
          isScheduled = false
          return flush
        })
      )
      return Effect.asVoid(Effect.forkIn(Effect.interruptible(later), scope))
    })

    const waitingFor = (key: string) => waiting.get(key) ?? flushing.get(key)

    const isAdmitted = ({ key, tags }: NewEntry, generation: number) => {
      const other = waitingFor(key)
      if (other !== undefined && (other.entry.generation === "next" || other.generation > generation)) return false
      return barriers.admits({ key, tags, generation })
    }

    const wait = (entry: NewEntry): Option.Option<number> => {
      if (entry.generation !== "next" && !isAdmitted(entry, entry.generation)) return Option.none()
      const generation = entry.generation === "next" ? known : entry.generation
      const other = waiting.get(entry.key)
      bytes += bytesOf(entry) - (other === undefined ? 0 : bytesOf(other.entry))
      waiting.set(entry.key, { entry, generation })
      return Option.some(generation)
    }

    const putBehind = (entries: ReadonlyArray<NewEntry>) =>
      Effect.suspend(() => {
        const stored = entries.map(wait)
        const isMuch = waiting.size >= maxWaiting || bytes >= maxWaitingBytes
        return Effect.as(isMuch ? flush : flushLater, stored)
      })

    const flushIf = (condition: (one: Waiting) => boolean) =>
      Effect.suspend(() => [...waiting.values(), ...flushing.values()].some(condition) ? flush : Effect.void)

    const putThrough = (entries: ReadonlyArray<NewEntry>) => {
      const keys = new Set(entries.map(({ key }) => key))
      return Effect.zipRight(flushIf(({ entry }) => keys.has(entry.key)), write(entries))
    }

    /** What is to expire is stored first, so that it gets a number before the invalidation does. */
    const settle = ({ kind, target }: Invalidation) =>
      kind === "expire" || flushing.size > 0 ?
        flushIf(({ entry }) => concerns(target, entry)) :
        inTurn(Effect.sync(() => {
          for (const { entry } of waiting.values()) {
            if (!concerns(target, entry)) continue
            waiting.delete(entry.key)
            bytes -= bytesOf(entry)
          }
        }))

    const entryOf = ({ entry, generation }: Waiting): Option.Option<Entry> => {
      const status = barriers.statusOf({ ...entry, generation })
      if (status === "removed") return Option.none()
      return Option.some({ ...entry, generation, expired: status === "expired" })
    }

    yield* Effect.addFinalizer(() => flush)
    return {
      generation: Effect.zipRight(
        flushIf(({ entry }) => entry.generation === "next"),
        Effect.map(store.generation, learn)
      ),
      get: (key) =>
        Effect.suspend(() => {
          const one = waiting.size === 0 && flushing.size === 0 ? undefined : waitingFor(key)
          return one === undefined ? store.get(key) : Effect.succeed(entryOf(one))
        }),
      put: (entries, how) =>
        how === "behind" && entries.every((entry) => bytesOf(entry) <= largest)
          ? putBehind(entries)
          : putThrough(entries),
      invalidate: (invalidation) =>
        Effect.zipRight(
          settle(invalidation),
          Effect.map(store.invalidate(invalidation), (generation) => {
            barriers.record({ ...invalidation, generation })
            return learn(generation)
          })
        ),
      changes: Effect.map(store.changes, (changes) => {
        if (Option.isSome(changes)) changes.value.barriers.forEach(barriers.record)
        if (refused.size === 0) return changes
        const { barriers: others, everything, keys } = Option.getOrElse(changes, () => nothing)
        const isMuch = everything || refused.size === maxRefused
        const told = { keys: [...keys, ...refused], barriers: others, everything: isMuch }
        refused.clear()
        return Option.some(told)
      }),
      claim: (key) =>
        Effect.map(
          store.claim(key),
          Option.map(({ put }): Claim => ({
            put: (entry) =>
              Effect.zipRight(
                flushIf(({ entry: other }) => other.key === entry.key),
                Effect.tap(put(entry), (own) => Effect.sync(() => learnStored([entry], [own])))
              )
          }))
        ),
      size: Effect.zipRight(flush, store.size)
    }
  })
