/**
 * Notes of the signed-in person. Writes succeed offline: they are durable here when they return and reach the backend
 * with the next `sync`.
 */
import { Context } from "effect"
import type { Effect, Option, Stream } from "effect"
import type { RemoteFailure } from "../network/RemoteFailure.ts"
import type { Snapshot } from "../storage/Snapshot.ts"
import type { Note, NoteDraft, NoteId, SyncReport } from "./Note.ts"
import type { NoteFailure } from "./NoteFailure.ts"

export class NoteRepository extends Context.Tag("effect-strata/domain/notes/NoteRepository")<
  NoteRepository,
  {
    /** Every note by title: now, and again after each change made here or pulled. Never touches the network. */
    readonly all: Stream.Stream<Snapshot<ReadonlyArray<Note>, RemoteFailure>, NoteFailure>

    /** One note: now, and again after each change; `none` while it does not exist. */
    readonly one: (id: NoteId) => Stream.Stream<Snapshot<Option.Option<Note>, RemoteFailure>, NoteFailure>

    /** Creates the note, or replaces its title and text. Saving what is already there changes nothing. */
    readonly save: (draft: NoteDraft) => Effect.Effect<Note, NoteFailure>

    /** Fails with `NoteNotFound` when there is no such note. */
    readonly remove: (id: NoteId) => Effect.Effect<void, NoteFailure>

    /**
     * Sends what waits, then applies what others changed. One runs at a time; calls made meanwhile wait and run after
     * it. What was done before a failure stays done.
     */
    readonly sync: Effect.Effect<SyncReport, NoteFailure | RemoteFailure>
  }
>() {}
