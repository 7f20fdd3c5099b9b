/**
 * Notes: push mutations, pull changes.
 */
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import { Schema } from "effect"
import { NoteId, NoteText, NoteTitle } from "../../../../domain/notes/Note.ts"
import { Authorization } from "./Authorization.ts"
import { RejectedProblem } from "./Problem.ts"

/** The idempotency key of one mutation: a mutation seen before is not applied again, its first result is repeated. */
export const MutationId = Schema.UUID.pipe(Schema.brand("MutationId"))
export type MutationId = typeof MutationId.Type

/** `baseVersion` is the version the change was made on, 0 for a note the backend has never acknowledged. */
export const Mutation = Schema.Union(
  Schema.TaggedStruct("Put", {
    mutationId: MutationId,
    noteId: NoteId,
    baseVersion: Schema.NonNegativeInt,
    title: NoteTitle,
    text: NoteText
  }),
  Schema.TaggedStruct("Delete", { mutationId: MutationId, noteId: NoteId, baseVersion: Schema.NonNegativeInt })
)
export type Mutation = typeof Mutation.Type

/** The state of a note at the backend; a deleted one is a tombstone without content. */
export const RemoteNote = Schema.Struct({
  noteId: NoteId,
  version: Schema.NonNegativeInt,
  updatedAt: Schema.DateTimeUtc,
  content: Schema.NullOr(Schema.Struct({ title: Schema.String, text: Schema.String }))
})
export type RemoteNote = typeof RemoteNote.Type

/** `Conflict` carries what the backend holds; `Rejected` will never be accepted. */
export const MutationResult = Schema.Union(
  Schema.TaggedStruct("Applied", { mutationId: MutationId, version: Schema.NonNegativeInt }),
  Schema.TaggedStruct("Conflict", { mutationId: MutationId, current: RemoteNote }),
  Schema.TaggedStruct("Rejected", { mutationId: MutationId, reason: Schema.String })
)
export type MutationResult = typeof MutationResult.Type

/**
 * One page of what changed after `cursor`, oldest first. `cursor` is opaque and belongs to the end of the page.
 * `reset` says that the cursor sent is not usable any more and the pages start over: what they do not hold is gone.
 */
export const ChangesPage = Schema.Struct({
  changes: Schema.Array(RemoteNote),
  cursor: Schema.String,
  more: Schema.Boolean,
  reset: Schema.Boolean
})
export type ChangesPage = typeof ChangesPage.Type

/** At most this many mutations a request, and notes a page. */
export const notesPageLimit = 100

export class NotesApi extends HttpApiGroup.make("notes")
  .add(
    HttpApiEndpoint.post("mutate", "/notes/mutations")
      .setPayload(Schema.Struct({ mutations: Schema.Array(Mutation).pipe(Schema.maxItems(notesPageLimit)) }))
      .addSuccess(Schema.Struct({ results: Schema.Array(MutationResult) }))
      .addError(RejectedProblem)
  )
  .add(
    HttpApiEndpoint.get("changes", "/notes/changes")
      .setUrlParams(Schema.Struct({ cursor: Schema.optional(Schema.String) }))
      .addSuccess(ChangesPage)
  )
  .middleware(Authorization)
  .prefix("/v2")
{}
