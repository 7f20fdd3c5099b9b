/**
 * Sends what waits, oldest first, one request at a time, and one process at a time.
 */
import { Effect, Option, Schema } from "effect"
import { TrackEvent } from "../../network/api/contract/AnalyticsApi.ts"
import type { BatchSender } from "./BatchSender.ts"
import type { EventLog, Lines } from "./EventLog.ts"
import type { Segment } from "./SegmentFiles.ts"
import type { DropReason } from "./TrackedEvent.ts"

export interface Surroundings<E> {
  readonly log: EventLog
  readonly sender: BatchSender
  /** Asked before each request: fails when nothing may be sent any more. */
  readonly allowed: Effect.Effect<void, E>
  readonly sent: (events: number) => Effect.Effect<void>
  readonly dropped: (reason: DropReason, events: number) => Effect.Effect<void>
}

const isEvent = Schema.decodeUnknownOption(Schema.parseJson(TrackEvent))

export const make = <E>({ allowed, dropped, log, sender, sent }: Surroundings<E>) => {
  /** What was damaged on the disk is not sent. */
  const deliver = ({ lines }: Lines) =>
    Effect.gen(function*() {
      const whole = lines.filter((line) => Option.isSome(isEvent(line)))
      yield* dropped("Storage", lines.length - whole.length)
      if (whole.length === 0) return
      const delivery = yield* sender.send(whole)
      yield* sent(delivery.sent)
      yield* dropped("Rejected", delivery.rejected)
      yield* dropped("TooLarge", delivery.tooLarge)
    })

  const upload = (segment: Segment) =>
    Effect.gen(function*() {
      let offset = yield* log.offset(segment)
      while (true) {
        const next = yield* log.read(segment, offset)
        if (next._tag === "End") {
          if (next.torn) yield* dropped("Storage", 1)
          yield* log.discard(segment)
          return
        }
        yield* allowed
        yield* deliver(next)
        yield* log.acknowledge(segment, offset, next)
        offset = next.end
      }
    })

  return Effect.gen(function*() {
    yield* dropped("QueueFull", yield* log.expire)
    yield* Effect.forEach(yield* log.segments, upload, { discard: true })
  })
}
