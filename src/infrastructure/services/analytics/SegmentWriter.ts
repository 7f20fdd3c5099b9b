/**
 * Appends lines to the current segment, each with one synchronous `write`: what returned survives the death of the
 * process, and on the hot path that is faster than handing the line to another thread. It does not survive a power cut.
 */
import { Effect } from "effect"
import { randomUUID } from "node:crypto"
import * as fs from "node:fs"
import { join } from "node:path"
import { EventLogFailure, nameOf } from "./SegmentFiles.ts"

interface Current {
  readonly name: string
  readonly start: number
  readonly descriptor: number
  bytes: number
  events: number
}

/** A segment that reached one of these is closed. The last is in milliseconds. */
const mostBytes = 1024 * 1024
const mostEvents = 2_000
const longestTime = 24 * 60 * 60 * 1000

export const make = (folder: string) =>
  Effect.gen(function*() {
    let current: Current | undefined

    const close = () => {
      if (current === undefined) return
      const { descriptor } = current
      current = undefined
      fs.closeSync(descriptor)
    }

    const begin = (slot: string, now: number): Current => {
      fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
      const name = nameOf(now, slot, randomUUID())
      return { name, start: now, descriptor: fs.openSync(join(folder, name), "ax", 0o600), bytes: 0, events: 0 }
    }

    const isFull = ({ bytes, events, start }: Current, now: number) =>
      bytes >= mostBytes || events >= mostEvents || now - start >= longestTime

    const write = (slot: string, line: string, now: number) => {
      if (current !== undefined && isFull(current, now)) close()
      current ??= begin(slot, now)
      const bytes = Buffer.from(`${line}\n`)
      const written = fs.writeSync(current.descriptor, bytes)
      if (written < bytes.length) {
        // A disk that became full: no half of a line stays.
        fs.ftruncateSync(current.descriptor, current.bytes)
        throw new EventLogFailure({ cause: "short write" })
      }
      current.bytes += written
      current.events += 1
    }

    yield* Effect.addFinalizer(() => Effect.ignore(Effect.try(close)))

    return {
      append: (slot: string, line: string, now: number) =>
        Effect.try({ try: () => write(slot, line, now), catch: (cause) => new EventLogFailure({ cause }) }),

      /** Closes the segment if it is the current one and ends at `end`; gives whether nothing more is written to it. */
      finish: (name: string, end: number) =>
        Effect.try({
          try: () => {
            if (current?.name !== name) return true
            if (current.bytes > end) return false
            close()
            return true
          },
          catch: (cause) => new EventLogFailure({ cause })
        }),

      /** Begins a new segment at the next line. */
      close: Effect.try({ try: close, catch: (cause) => new EventLogFailure({ cause }) })
    }
  })
