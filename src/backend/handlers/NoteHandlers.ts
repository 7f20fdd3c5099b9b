/**
 * Notes: apply mutations, list changes.
 */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import { DateTime, Effect, Encoding, Option, Schema } from "effect"
import type { UserId } from "../../domain/auth/User.ts"
import { notesChannel } from "../../domain/notes/KeepInSync.ts"
import { CurrentAccount } from "../../infrastructure/network/api/contract/Authorization.ts"
import type { Mutation, MutationResult, RemoteNote } from "../../infrastructure/network/api/contract/NotesApi.ts"
import { notesPageLimit } from "../../infrastructure/network/api/contract/NotesApi.ts"
import { StrataApi } from "../../infrastructure/network/api/contract/StrataApi.ts"
import * as Problems from "../http/Problems.ts"
import { RealtimeHub } from "../realtime/RealtimeHub.ts"
import * as SealedText from "../SealedText.ts"
import type { Position, StoredNote, WriteOutcome } from "../store/NoteStore.ts"
import { NoteStore } from "../store/NoteStore.ts"

const Content = Schema.Struct({ title: Schema.String, text: Schema.String })

/** Opaque to clients: base64url of epoch and sequence. */
const encodeCursor = ({ epoch, sequence }: Position) => Encoding.encodeBase64Url(`${epoch}.${sequence}`)

const decodeCursor = (cursor: string): Position => {
  const [epoch = "", sequence = ""] = Option.getOrElse(
    Option.getRight(Encoding.decodeBase64UrlString(cursor)),
    () => ""
  )
    .split(".")
  return { epoch, sequence: /^\d{1,15}$/.test(sequence) ? Number(sequence) : Number.MAX_SAFE_INTEGER }
}

const isSame = (mutation: Mutation, { content: held }: RemoteNote) =>
  mutation._tag === "Put" && held !== null && held.title === mutation.title && held.text === mutation.text

export const layer = HttpApiBuilder.group(StrataApi, "notes", (handlers) =>
  Effect.gen(function*() {
    const store = yield* NoteStore
    const hub = yield* RealtimeHub
    const content = yield* SealedText.make("backend.notes", Content)

    const toRemote = (account: UserId) => (note: StoredNote) =>
      Effect.gen(function*() {
        const remote: RemoteNote = {
          noteId: note.noteId,
          version: note.version,
          updatedAt: DateTime.unsafeMake(note.updatedAt),
          content: Option.isSome(note.sealed) ? yield* content.open(account, note.noteId, note.sealed.value) : null
        }
        return remote
      })

    const toWrite = (account: UserId) => (mutation: Mutation) =>
      Effect.map(
        mutation._tag === "Put"
          ? Effect.asSome(content.seal(account, mutation.noteId, { title: mutation.title, text: mutation.text }))
          : Effect.succeedNone,
        (sealed) => ({ ...mutation, sealed })
      )

    const toResult = Effect.fnUntraced(function*(account: UserId, mutation: Mutation, outcome: WriteOutcome) {
      const { mutationId } = mutation
      if (outcome._tag === "Applied") {
        return { _tag: "Applied", mutationId, version: outcome.version } satisfies MutationResult
      }
      if (outcome._tag === "Rejected") {
        return { _tag: "Rejected", mutationId, reason: outcome.reason } satisfies MutationResult
      }
      const current = yield* toRemote(account)(outcome.current)
      // Two devices that wrote the same have nothing to merge.
      return isSame(mutation, current)
        ? { _tag: "Applied", mutationId, version: current.version } satisfies MutationResult
        : { _tag: "Conflict", mutationId, current } satisfies MutationResult
    })

    return handlers
      .handle("mutate", ({ payload: { mutations } }) =>
        Effect.gen(function*() {
          const { id: account } = yield* CurrentAccount
          const writes = yield* Effect.forEach(mutations, toWrite(account))
          const { outcomes, position } = yield* store.apply(account, writes)
          if (outcomes.some((outcome) => outcome._tag === "Applied" && outcome.isNew)) {
            yield* hub.publish(account, notesChannel, { cursor: encodeCursor(position) })
          }
          const results = yield* Effect.forEach(mutations, (mutation, index) => {
            const outcome = outcomes[index]
            return outcome === undefined
              ? Effect.dieMessage("A mutation has no outcome")
              : toResult(account, mutation, outcome)
          })
          return { results }
        }).pipe(Problems.orUnavailable))
      .handle("changes", ({ urlParams: { cursor } }) =>
        Effect.gen(function*() {
          const { id: account } = yield* CurrentAccount
          const after = Option.map(Option.fromNullable(cursor), decodeCursor)
          const page = yield* store.changes(account, after, notesPageLimit)
          return {
            changes: yield* Effect.forEach(page.notes, toRemote(account)),
            cursor: encodeCursor(page.position),
            more: page.more,
            reset: page.reset
          }
        }).pipe(Problems.orUnavailable))
  }))
