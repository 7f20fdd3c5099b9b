/**
 * Business code over ports: syncs whenever another device changed something, whenever the backend is reachable again,
 * and again after a round that failed.
 */
import { Duration, Effect, FiberHandle, Queue, Schedule, Stream } from "effect"
import { Connectivity } from "../network/Connectivity.ts"
import { Realtime } from "../network/Realtime.ts"
import type { RemoteFailure } from "../network/RemoteFailure.ts"
import type { SyncReport } from "./Note.ts"
import type { NoteFailure } from "./NoteFailure.ts"
import { NoteRepository } from "./NoteRepository.ts"

/** The realtime channel on which the backend announces that the account's notes changed. */
export const notesChannel = "notes"

/** What one round did: a report, or why it has to be tried again at the next occasion. */
export type SyncRound =
  | { readonly _tag: "Synced"; readonly report: SyncReport }
  | { readonly _tag: "Postponed"; readonly failure: NoteFailure | RemoteFailure }

/** How long to wait before a subscription that failed for good, or a round that failed, is tried again. */
const tryAgainAfter = Duration.seconds(30)

/** However short or long the backend asks us to wait. */
const shortestWait = Duration.seconds(1)
const longestWait = Duration.minutes(5)

const waitAfter = (failure: NoteFailure | RemoteFailure) =>
  "retryAfter" in failure && failure.retryAfter !== undefined
    ? Duration.clamp(failure.retryAfter, { minimum: shortestWait, maximum: longestWait })
    : tryAgainAfter

/**
 * Runs until interrupted. A failed round is reported and tried again at the next occasion, at the latest after 30
 * seconds or when the backend allows it. Occasions that arrive while a round runs are folded into one.
 */
export const keepInSync: Stream.Stream<SyncRound, never, NoteRepository | Realtime | Connectivity> = Stream
  .unwrapScoped(
    Effect.gen(function*() {
      const notes = yield* NoteRepository
      const realtime = yield* Realtime
      const connectivity = yield* Connectivity
      const again = yield* Queue.sliding<void>(1)
      const timer = yield* FiberHandle.make<boolean>()
      const announced = realtime.subscribe(notesChannel).pipe(
        Stream.retry(Schedule.spaced(tryAgainAfter)),
        // `retry` never gives up, which its type does not tell.
        Stream.orElse(() => Stream.never)
      )
      // What changed between the first round and the confirmed subscription is announced to nobody.
      const opened = Stream.filter(realtime.status, (status) => status === "open")
      const reconnected = Stream.filter(connectivity.changes, (state) => state === "online")
      const round = notes.sync.pipe(
        Effect.tapBoth({
          onSuccess: () => FiberHandle.clear(timer),
          onFailure: (failure) =>
            FiberHandle.run(timer, Effect.delay(Queue.offer(again, undefined), waitAfter(failure)))
        }),
        Effect.match({
          onSuccess: (report): SyncRound => ({ _tag: "Synced", report }),
          onFailure: (failure): SyncRound => ({ _tag: "Postponed", failure })
        })
      )
      return Stream.mergeAll([Stream.void, announced, opened, reconnected, Stream.fromQueue(again)], {
        concurrency: "unbounded"
      }).pipe(
        Stream.buffer({ capacity: 1, strategy: "sliding" }),
        Stream.mapEffect(() => round)
      )
    })
  )
