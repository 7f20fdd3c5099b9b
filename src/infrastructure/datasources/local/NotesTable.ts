/**
 * The notes as this device shows them, of every account that signed in here.
 */
import { Array, DateTime, Effect, Either, Option } from "effect"
import type { UserId } from "../../../domain/auth/User.ts"
import type { NoteId } from "../../../domain/notes/Note.ts"
import { LocalDatabase } from "../../storage/local/LocalDatabase.ts"
import type { NoteContent } from "./SealedNote.ts"
import * as SealedNote from "./SealedNote.ts"

export interface StoredNote extends NoteContent {
  readonly id: NoteId
  readonly updatedAt: DateTime.Utc
  /** Last version the backend acknowledged, 0 before the first. */
  readonly version: number
  /** Whether the outbox holds a change of this note. */
  readonly changed: boolean
}

interface Row {
  readonly note_id: NoteId
  readonly content: Uint8Array
  readonly updated_at: number
  readonly version: number
  readonly changed: number
}

/** Statements only: the caller puts those that belong together into one transaction. */
export const make = Effect.gen(function*() {
  const { sql } = yield* LocalDatabase
  const sealed = yield* SealedNote.make("notes")

  const columns = sql.literal(`note_id, content, updated_at, version, EXISTS (
    SELECT 1 FROM outbox WHERE outbox.principal = notes.principal AND outbox.note_id = notes.note_id
  ) AS changed`)

  const toNote = (row: Row) => (content: NoteContent): StoredNote => ({
    ...content,
    id: row.note_id,
    updatedAt: DateTime.unsafeMake(row.updated_at),
    version: row.version,
    changed: row.changed === 1
  })

  let damagedBefore = 0

  /** Tells of damaged notes when there are more than at the last look. */
  const tellDamaged = (damaged: number) =>
    Effect.suspend(() => {
      const more = damaged > damagedBefore
      damagedBefore = damaged
      return more
        ? Effect.annotateLogs(Effect.logWarning("Notes that cannot be decrypted are left out"), { damaged })
        : Effect.void
    })

  return {
    find: (principal: UserId, id: NoteId) =>
      sql<Row>`SELECT ${columns} FROM notes WHERE principal = ${principal} AND note_id = ${id}`.pipe(
        Effect.flatMap((rows) =>
          Effect.forEach(rows, (row) => Effect.map(sealed.open([principal, row.note_id], row.content), toNote(row)))
        ),
        Effect.map((notes) => Option.fromNullable(notes[0]))
      ),

    /** Whether the note can be opened, if there is one. */
    isIntact: (principal: UserId, id: NoteId) =>
      sql<Row>`SELECT ${columns} FROM notes WHERE principal = ${principal} AND note_id = ${id}`.pipe(
        Effect.flatMap(
          Effect.every((row) => Effect.map(sealed.openEither([principal, row.note_id], row.content), Either.isRight))
        )
      ),

    /** All that are intact; damaged ones are kept where they are. */
    list: (principal: UserId) =>
      Effect.gen(function*() {
        const rows = yield* sql<Row>`SELECT ${columns} FROM notes WHERE principal = ${principal}`
        const notes = yield* Effect.forEach(rows, (row) =>
          Effect.map(sealed.openEither([principal, row.note_id], row.content), Either.map(toNote(row))))
        const intact = Array.getRights(notes)
        yield* tellDamaged(rows.length - intact.length)
        return intact
      }),

    /** Without opening the note. */
    version: (principal: UserId, id: NoteId) =>
      sql<{ readonly version: number }>`
        SELECT version FROM notes WHERE principal = ${principal} AND note_id = ${id}`.pipe(
        Effect.map((rows) => Option.fromNullable(rows[0]?.version))
      ),

    put: (principal: UserId, note: Omit<StoredNote, "changed">) =>
      Effect.gen(function*() {
        const content = yield* sealed.seal([principal, note.id], { title: note.title, text: note.text })
        yield* sql`
          INSERT INTO notes (principal, note_id, content, updated_at, version)
          VALUES (${principal}, ${note.id}, ${content}, ${note.updatedAt.epochMillis}, ${note.version})
          ON CONFLICT (principal, note_id) DO UPDATE SET
            content = excluded.content, updated_at = excluded.updated_at, version = excluded.version, seen = 1`
      }),

    setVersion: (principal: UserId, id: NoteId, version: number) =>
      sql`UPDATE notes SET version = ${version} WHERE principal = ${principal} AND note_id = ${id}`,

    remove: (principal: UserId, id: NoteId) =>
      sql`DELETE FROM notes WHERE principal = ${principal} AND note_id = ${id}`,

    /** Starts mark and sweep. */
    unmark: (principal: UserId) => sql`UPDATE notes SET seen = 0 WHERE principal = ${principal}`,

    mark: (principal: UserId, id: NoteId) =>
      sql`UPDATE notes SET seen = 1 WHERE principal = ${principal} AND note_id = ${id}`,

    /** Removes what was not marked and has no local change; gives how many. What has one becomes new to the backend. */
    sweep: (principal: UserId) =>
      Effect.gen(function*() {
        yield* sql`
          UPDATE outbox SET base_version = 0 WHERE principal = ${principal} AND status <> 'in_flight' AND note_id IN (
            SELECT note_id FROM notes WHERE principal = ${principal} AND seen = 0)`
        const swept = yield* sql`
          DELETE FROM notes WHERE principal = ${principal} AND seen = 0 AND note_id NOT IN (
            SELECT note_id FROM outbox WHERE principal = ${principal})
          RETURNING note_id`
        yield* sql`UPDATE notes SET seen = 1, version = 0 WHERE principal = ${principal} AND seen = 0`
        return swept.length
      })
  }
})
