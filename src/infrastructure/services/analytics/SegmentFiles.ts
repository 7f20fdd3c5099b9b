/**
 * The segments of the event log as files, and how far each was sent.
 *
 * A segment is `<start>-<slot>-<id>.jsonl`, whole lines except for a last one that was torn when its process died.
 * `<id>.ack` holds the number of bytes that need not be sent again.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import { Data, Effect, Option } from "effect"
import { join } from "node:path"
import * as DurableFile from "../../storage/secure/DurableFile.ts"

/** The disk did not take or give what was asked. */
export class EventLogFailure extends Data.TaggedError("EventLogFailure")<{ readonly cause: unknown }> {}

export interface Segment {
  readonly name: string
  /** When it was begun, in milliseconds since 1970. */
  readonly start: number
  /** Which process may write it. */
  readonly slot: string
  readonly id: string
}

const segmentName = /^(\d{15})-(\d{2})-([0-9a-f-]{36})\.jsonl$/
const ackName = /^([0-9a-f-]{36})\.ack(?:\.tmp)?$/

export const nameOf = (start: number, slot: string, id: string) =>
  `${String(start).padStart(15, "0")}-${slot}-${id}.jsonl`

const parseName = (name: string): ReadonlyArray<Segment> => {
  const [, start, slot, id] = segmentName.exec(name) ?? []
  return start === undefined || slot === undefined || id === undefined ? [] : [{ name, start: Number(start), slot, id }]
}

const newline = 10
const linesIn = (bytes: Uint8Array) => bytes.reduce((lines, byte) => (byte === newline ? lines + 1 : lines), 0)

export const make = (folder: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const context = yield* Effect.context<FileSystem.FileSystem | Path.Path>()
    const at = (name: string) => join(folder, name)
    const typed = Effect.mapError((cause: unknown) => new EventLogFailure({ cause }))
    const ackOf = ({ id }: Segment) =>
      Effect.provide(DurableFile.make({ file: at(`${id}.ack`), store: "analytics" }), context)

    const names = fs.exists(folder).pipe(
      Effect.flatMap((exists) => (exists ? fs.readDirectory(folder) : Effect.succeed([]))),
      typed
    )

    const offset = (segment: Segment) =>
      Effect.flatMap(ackOf(segment), (ack) => ack.read).pipe(
        Effect.map(Option.match({ onNone: () => 0, onSome: (bytes) => Number(new TextDecoder().decode(bytes)) || 0 })),
        typed
      )

    /** From `from` on, at most `most` bytes; nothing when the segment is gone. */
    const read = (segment: Segment, from: number, most = Number.POSITIVE_INFINITY) =>
      Effect.scoped(Effect.gen(function*() {
        if (!(yield* fs.exists(at(segment.name)))) return new Uint8Array()
        const file = yield* fs.open(at(segment.name), { flag: "r" })
        const { size } = yield* file.stat
        yield* file.seek(from, "start")
        const bytes = yield* file.readAlloc(Math.max(0, Math.min(Number(size) - from, most)))
        return Option.getOrElse(bytes, () => new Uint8Array())
      })).pipe(typed)

    return {
      read,
      offset,

      /** Oldest first. */
      list: Effect.map(names, (all) => all.flatMap(parseName).toSorted((left, right) => left.start - right.start)),

      /** Durable when it returns. */
      acknowledge: (segment: Segment, end: number) =>
        Effect.flatMap(ackOf(segment), (ack) => ack.write(new TextEncoder().encode(String(end)))).pipe(typed),

      /** What of it still has to be sent. */
      remaining: (segment: Segment) =>
        Effect.gen(function*() {
          const rest = yield* read(segment, yield* offset(segment))
          return { events: linesIn(rest), bytes: rest.length }
        }),

      moveTo: (segment: Segment, slot: string) =>
        typed(fs.rename(at(segment.name), at(nameOf(segment.start, slot, segment.id)))),

      /** The acknowledgement goes last, so that no rest of a segment is ever taken for new. */
      remove: (segment: Segment) =>
        typed(Effect.zipRight(
          fs.remove(at(segment.name), { force: true }),
          fs.remove(at(`${segment.id}.ack`), { force: true })
        )),

      /** Acknowledgements whose segment went just before a crash. */
      removeStrays: Effect.gen(function*() {
        const all = yield* names
        const ids = new Set(all.flatMap(parseName).map(({ id }) => id))
        const strays = all.filter((name) => {
          const [, id] = ackName.exec(name) ?? []
          return id !== undefined && !ids.has(id)
        })
        yield* typed(Effect.forEach(strays, (name) => fs.remove(at(name), { force: true }), { discard: true }))
      })
    }
  })
