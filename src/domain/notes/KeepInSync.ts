/**
 * Business code over ports: syncs whenever another device changed something, and whenever the backend is reachable again.
 */
import { Effect, Stream } from "effect"
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

/** Runs until interrupted; a failed round is reported and the next occasion tries again. Occasions that arrive while a round runs are folded into one. */
export const keepInSync: Stream.Stream<SyncRound, never, NoteRepository | Realtime | Connectivity> = Stream.unwrap(
  Effect.gen(function*() {
    const notes = yield* NoteRepository
    const realtime = yield* Realtime
    const connectivity = yield* Connectivity
    const announced = realtime.subscribe(notesChannel).pipe(Stream.map(() => true), Stream.orElse(() => Stream.never))
    const reconnected = connectivity.changes.pipe(Stream.filter((state) => state === "online"), Stream.map(() => true))
    const round = Effect.match(notes.sync, {
      onSuccess: (report): SyncRound => ({ _tag: "Synced", report }),
      onFailure: (failure): SyncRound => ({ _tag: "Postponed", failure })
    })
    return Stream.merge(announced, reconnected).pipe(
      Stream.merge(Stream.succeed(true)),
      Stream.buffer({ capacity: 1, strategy: "sliding" }),
      Stream.mapEffect(() => round)
    )
  })
)
