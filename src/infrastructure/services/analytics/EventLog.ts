/**
 * Events that wait on disk, within bounds.
 *
 * Each process that stores events holds one of 64 slots by a `ProcessLock` that dies with it, and writes and sends only
 * segments of its slot. Segments of a slot that nobody holds any more are taken over.
 */
import { Clock, Duration, Effect, Option, Scope } from "effect"
import { ProcessLock } from "../../storage/local/ProcessLock.ts"
import { maxAge, maxBatchBytes, maxBatchEvents, maxQueuedBytes, maxQueuedEvents } from "./AnalyticsLimits.ts"
import type { Segment } from "./SegmentFiles.ts"
import { EventLogFailure } from "./SegmentFiles.ts"
import * as SegmentFiles from "./SegmentFiles.ts"
import * as SegmentWriter from "./SegmentWriter.ts"

const slots = Array.from({ length: 64 }, (_, index) => String(index).padStart(2, "0"))
const lockOf = (slot: string) => `analytics-slot-${slot}`

/** Holds a batch and the longest line after it. */
const readBytes = 2 * maxBatchBytes

/** Some whole lines of a segment; `end` is the offset after them. */
export interface Lines {
  readonly _tag: "Lines"
  readonly lines: ReadonlyArray<string>
  readonly end: number
}

/** Nothing more comes from the segment; `torn` when it ends with a line that its process did not finish. */
export interface End {
  readonly _tag: "End"
  readonly torn: boolean
}

const takeLines = (bytes: Uint8Array, from: number): Lines => {
  const lines: Array<string> = []
  const text = new TextDecoder()
  let start = 0
  while (lines.length < maxBatchEvents) {
    const end = bytes.indexOf(10, start)
    if (end < 0 || end > maxBatchBytes && lines.length > 0) break
    lines.push(text.decode(bytes.subarray(start, end)))
    start = end + 1
  }
  return { _tag: "Lines", lines, end: from + start }
}

export const make = (folder: string) =>
  Effect.gen(function*() {
    const locks = yield* ProcessLock
    const scope = yield* Effect.scope
    const files = yield* SegmentFiles.make(folder)
    const writer = yield* SegmentWriter.make(folder)
    const trimming = yield* Effect.makeSemaphore(1)
    const waiting = { events: 0, bytes: 0 }

    const count = ({ bytes, events }: { readonly bytes: number; readonly events: number }, sign: 1 | -1) => {
      waiting.events = Math.max(0, waiting.events + sign * events)
      waiting.bytes = Math.max(0, waiting.bytes + sign * bytes)
    }

    let held: string | undefined
    const holdSlot = Effect.gen(function*() {
      if (held !== undefined) return held
      for (const slot of slots) {
        if (Option.isSome(yield* Scope.extend(locks.tryHold(lockOf(slot)), scope))) return (held = slot)
      }
      return yield* new EventLogFailure({ cause: "every slot is taken" })
    })

    const adopt = (slot: string) =>
      Effect.gen(function*() {
        const others = (yield* files.list).filter((segment) => segment.slot !== slot)
        for (const other of new Set(others.map((segment) => segment.slot))) {
          yield* Effect.scoped(Effect.gen(function*() {
            if (Option.isNone(yield* locks.tryHold(lockOf(other)))) return
            for (const segment of others.filter((each) => each.slot === other)) {
              const rest = yield* files.remaining(segment)
              yield* files.moveTo(segment, slot)
              count(rest, 1)
            }
          }))
        }
      })

    const own = (slot: string) => Effect.map(files.list, (all) => all.filter((segment) => segment.slot === slot))

    let ready: string | undefined
    const open = Effect.gen(function*() {
      if (ready !== undefined) return ready
      const slot = yield* holdSlot
      yield* files.removeStrays
      // An attempt that failed may have counted some of it.
      waiting.events = 0
      waiting.bytes = 0
      for (const segment of yield* own(slot)) count(yield* files.remaining(segment), 1)
      yield* adopt(slot)
      return (ready = slot)
    })
    /** Succeeds once, when the first event is stored or something else has to be known about what waits. */
    const opened = (yield* Effect.makeSemaphore(1)).withPermits(1)(Effect.uninterruptible(open))

    /** Gives up the whole segment and says how many events that were. */
    const discard = (segment: Segment) =>
      Effect.gen(function*() {
        yield* writer.finish(segment.name, Number.POSITIVE_INFINITY)
        const rest = yield* files.remaining(segment)
        yield* files.remove(segment)
        count(rest, -1)
        return rest.events
      })

    const isOver = () => waiting.events > maxQueuedEvents || waiting.bytes > maxQueuedBytes

    const trim = (slot: string) =>
      trimming.withPermits(1)(Effect.gen(function*() {
        let dropped = 0
        while (isOver()) {
          const [oldest] = yield* own(slot)
          if (oldest === undefined) break
          dropped += yield* discard(oldest)
        }
        return dropped
      }))

    return {
      /** Stored when it returns. Gives how many older events had to go for it. */
      append: (line: string) =>
        Effect.gen(function*() {
          const slot = yield* opened
          yield* writer.append(slot, line, yield* Clock.currentTimeMillis)
          count({ events: 1, bytes: Buffer.byteLength(line) + 1 }, 1)
          return isOver() ? yield* trim(slot) : 0
        }),

      waiting: Effect.as(opened, waiting),

      /** Counts without touching the disk: nothing before the first event is known. */
      known: Effect.sync(() => waiting.events),

      /** Segments to send, oldest first. */
      segments: Effect.gen(function*() {
        const slot = yield* opened
        yield* files.removeStrays
        yield* adopt(slot)
        return yield* own(slot)
      }),

      /** What waits for too long; gives how many events were given up. */
      expire: Effect.gen(function*() {
        const now = yield* Clock.currentTimeMillis
        const old = (yield* own(yield* opened)).filter(({ start }) => now - start > Duration.toMillis(maxAge))
        const dropped = yield* Effect.forEach(old, discard)
        return dropped.reduce((total, events) => total + events, 0)
      }),

      offset: files.offset,

      /** The lines after `from`. A segment that was deleted meanwhile is at its end. */
      read: (segment: Segment, from: number) =>
        Effect.gen(function*() {
          while (true) {
            const bytes = yield* files.read(segment, from, readBytes)
            const found = takeLines(bytes, from)
            if (found.lines.length > 0) return found
            if (yield* writer.finish(segment.name, from)) return { _tag: "End", torn: bytes.length > 0 } satisfies End
          }
        }),

      acknowledge: (segment: Segment, from: number, { end, lines }: Lines) =>
        Effect.gen(function*() {
          yield* files.acknowledge(segment, end)
          count({ events: lines.length, bytes: end - from }, -1)
        }),

      discard,

      /** Deletes what waits, of all processes. */
      purge: Effect.gen(function*() {
        yield* writer.close
        yield* Effect.forEach(yield* files.list, files.remove, { discard: true })
        yield* files.removeStrays
        waiting.events = 0
        waiting.bytes = 0
      })
    }
  })

export type EventLog = Effect.Effect.Success<ReturnType<typeof make>>
