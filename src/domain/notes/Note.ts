/**
 * A note: the example aggregate, written offline first and encrypted at rest.
 */
import { Schema } from "effect"

/** Chosen by the device that creates the note, so that a note has its identity before the backend has seen it. */
export const NoteId = Schema.UUID.pipe(Schema.brand("NoteId"))
export type NoteId = typeof NoteId.Type

/** Limits that the backend enforces too. */
export const NoteTitle = Schema.String.pipe(Schema.minLength(1), Schema.maxLength(500))
export const NoteText = Schema.String.pipe(Schema.maxLength(1_000_000))

export class Note extends Schema.Class<Note>("Note")({
  id: NoteId,
  title: NoteTitle,
  text: NoteText,
  updatedAt: Schema.DateTimeUtc,

  /** Whether the backend has acknowledged this content. */
  synced: Schema.Boolean
}) {}

/** What a person writes; the rest of a `Note` is ours. */
export class NoteDraft extends Schema.Class<NoteDraft>("NoteDraft")({
  id: NoteId,
  title: NoteTitle,
  text: NoteText
}) {}

/** What one `sync` did. */
export class SyncReport extends Schema.Class<SyncReport>("SyncReport")({
  /** Local changes the backend acknowledged. */
  pushed: Schema.Number,
  /** Remote changes applied here. */
  pulled: Schema.Number,
  /** Local changes that met a newer remote version and were kept as a copy. */
  conflicts: Schema.Number,
  /** Local changes the backend refuses for good; they are kept and shown as not synced. */
  rejected: Schema.Number
}) {}
