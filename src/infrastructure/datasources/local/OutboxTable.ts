/**
 * Local changes on their way to the backend, at least once each, in order per note.
 */
import { Effect, Either, Option } from "effect"
import { randomUUID } from "node:crypto"
import type { UserId } from "../../../domain/auth/User.ts"
import type { NoteId } from "../../../domain/notes/Note.ts"
import type { Mutation } from "../../network/api/contract/NotesApi.ts"
import { MutationId, notesPageLimit } from "../../network/api/contract/NotesApi.ts"
import { LocalDatabase } from "../../storage/local/LocalDatabase.ts"
import type { NoteContent } from "./SealedNote.ts"
import * as SealedNote from "./SealedNote.ts"

interface Row {
  readonly sequence: number
  readonly note_id: NoteId
  readonly mutation_id: MutationId
  readonly content: Uint8Array | null
  readonly base_version: number
}

/** One request holds at most this much sealed content, or a single mutation. */
const batchBytes = 2 * 1024 * 1024

const withinBatch = (rows: ReadonlyArray<Row>) => {
  let bytes = 0
  return rows.filter((row, index) => {
    bytes += row.content?.byteLength ?? 0
    return index === 0 || bytes <= batchBytes
  })
}

const newMutationId = Effect.sync(() => MutationId.make(randomUUID()))

/** Statements only: the caller puts those that belong together into one transaction. */
export const make = Effect.gen(function*() {
  const { sql } = yield* LocalDatabase
  const sealed = yield* SealedNote.make("outbox")

  const insert = Effect.fnUntraced(
    function*(principal: UserId, id: NoteId, content: NoteContent | null, baseVersion: number) {
      const mutationId = yield* newMutationId
      const payload = content === null ? null : yield* sealed.seal([principal, id], content)
      yield* sql`
        INSERT INTO outbox (principal, note_id, mutation_id, content, base_version, status)
        VALUES (${principal}, ${id}, ${mutationId}, ${payload}, ${baseVersion}, 'pending')`
    }
  )

  /** Removes what was never sent or will not be sent again; gives the version the removed change was made on. */
  const supersede = (principal: UserId, id: NoteId) =>
    sql<{ readonly base_version: number }>`
      DELETE FROM outbox WHERE principal = ${principal} AND note_id = ${id} AND status <> 'in_flight'
      RETURNING base_version`.pipe(Effect.map((rows) => rows.map((row) => row.base_version)))

  const isInFlight = (principal: UserId, id: NoteId) =>
    sql`SELECT 1 FROM outbox WHERE principal = ${principal} AND note_id = ${id} AND status = 'in_flight'`.pipe(
      Effect.map((rows) => rows.length > 0)
    )

  /** `none` when its content is damaged. */
  const toMutation = (principal: UserId) => (row: Row) =>
    Effect.gen(function*() {
      const common = { mutationId: row.mutation_id, noteId: row.note_id, baseVersion: row.base_version }
      if (row.content === null) return Option.some<Mutation>({ _tag: "Delete", ...common })
      const content = yield* sealed.openEither([principal, row.note_id], row.content)
      return Option.map(Either.getRight(content), (intact): Mutation => ({ _tag: "Put", ...common, ...intact }))
    })

  /** Forgets the change when the person changed the note again meanwhile. */
  const park = (principal: UserId, mutationId: MutationId, id: NoteId) =>
    Effect.gen(function*() {
      const later = yield* sql`
        SELECT 1 FROM outbox WHERE principal = ${principal} AND note_id = ${id} AND status = 'pending'`
      yield* later.length > 0
        ? sql`DELETE FROM outbox WHERE principal = ${principal} AND mutation_id = ${mutationId}`
        : sql`UPDATE outbox SET status = 'rejected' WHERE principal = ${principal} AND mutation_id = ${mutationId}`
    })

  return {
    /** Replaces what waits for this note; what is in flight goes first. */
    enqueuePut: (principal: UserId, id: NoteId, content: NoteContent, version: number) =>
      Effect.gen(function*() {
        const [baseVersion = version] = yield* supersede(principal, id)
        yield* insert(principal, id, content, baseVersion)
      }),

    /** As `enqueuePut`; a note the backend cannot know is only forgotten. */
    enqueueDelete: (principal: UserId, id: NoteId, version: number) =>
      Effect.gen(function*() {
        const [baseVersion = version] = yield* supersede(principal, id)
        if (baseVersion > 0 || (yield* isInFlight(principal, id))) yield* insert(principal, id, null, baseVersion)
      }),

    /** The first change of each note that has one, frozen from now on. Damaged ones are parked and only counted. */
    takeBatch: (principal: UserId) =>
      Effect.gen(function*() {
        const rows = yield* sql<Row>`
          SELECT sequence, note_id, mutation_id, content, base_version FROM outbox
          WHERE sequence IN (
            SELECT min(sequence) FROM outbox WHERE principal = ${principal} AND status <> 'rejected' GROUP BY note_id)
          ORDER BY sequence LIMIT ${notesPageLimit}`
        if (rows.length === 0) return { mutations: [], damaged: 0 }
        const batch = withinBatch(rows)
        yield* sql`UPDATE outbox SET status = 'in_flight' WHERE ${sql.in("sequence", batch.map((row) => row.sequence))}`
        const opened = yield* Effect.forEach(batch, toMutation(principal))
        const damaged = batch.filter((_, index) => Option.isNone(opened[index] ?? Option.none()))
        yield* Effect.forEach(damaged, (row) => park(principal, row.mutation_id, row.note_id), { discard: true })
        if (damaged.length > 0) {
          yield* Effect.annotateLogs(Effect.logWarning("Changes that cannot be decrypted are not sent"), {
            damaged: damaged.length
          })
        }
        return { mutations: opened.flatMap(Option.toArray), damaged: damaged.length }
      }),

    /** The backend holds `version` now, so what waits was made on it. */
    settle: (principal: UserId, mutationId: MutationId, id: NoteId, version: number) =>
      Effect.gen(function*() {
        yield* sql`DELETE FROM outbox WHERE principal = ${principal} AND mutation_id = ${mutationId}`
        yield* sql`UPDATE outbox SET base_version = ${version} WHERE principal = ${principal} AND note_id = ${id}`
      }),

    /** Parks the change, or forgets it when the person changed the note again meanwhile. */
    reject: (principal: UserId, mutationId: MutationId, id: NoteId) =>
      Effect.gen(function*() {
        // A note that was never accepted needs no deletion.
        yield* sql`
          DELETE FROM outbox WHERE principal = ${principal} AND note_id = ${id} AND base_version = 0 AND content IS NULL`
        yield* park(principal, mutationId, id)
        // Without a note there is nobody to see it and nothing to send again.
        yield* sql`
          DELETE FROM outbox WHERE principal = ${principal} AND note_id = ${id} AND status = 'rejected' AND note_id NOT IN (
            SELECT note_id FROM notes WHERE principal = ${principal})`
      }),

    /** Forgets every change of a note. */
    forget: (principal: UserId, id: NoteId) =>
      sql`DELETE FROM outbox WHERE principal = ${principal} AND note_id = ${id}`,

    /** Whether the backend has yet to hear of a change (`waiting`), or only refused ones are left (`parked`). */
    state: (principal: UserId, id: NoteId) =>
      sql<{ readonly status: string }>`
        SELECT status FROM outbox WHERE principal = ${principal} AND note_id = ${id}`.pipe(
        Effect.map((rows) => {
          if (rows.length === 0) return "none" as const
          return rows.some(({ status }) => status !== "rejected") ? "waiting" as const : "parked" as const
        })
      ),

    /** Notes with a change that waits; parked ones do not. */
    waiting: (principal: UserId) =>
      sql<{ readonly waiting: number }>`
        SELECT count(DISTINCT note_id) AS waiting FROM outbox
        WHERE principal = ${principal} AND status <> 'rejected'`.pipe(
        Effect.map((rows) => rows[0]?.waiting ?? 0)
      )
  }
})
