/**
 * One round of sync for one account: send what waits, then apply what others changed.
 *
 * Nothing a person wrote is lost: a change leaves the outbox only when the backend has it, refuses it (it is parked)
 * or holds something newer (the local text is kept as a copy). The cursor moves in the transaction of the page it
 * stands for. All changes waiting at the start are settled before anything is pulled, so that a page never hides
 * a version that a resent change then seems to have overtaken.
 */
import { DateTime, Effect, Option } from "effect"
import type { UserId } from "../../domain/auth/User.ts"
import { Unavailable } from "../../domain/network/RemoteFailure.ts"
import { SyncReport } from "../../domain/notes/Note.ts"
import type { ChangesPage, RemoteNote } from "../network/api/contract/NotesApi.ts"
import { LocalDatabase } from "../storage/local/LocalDatabase.ts"
import * as ConflictedCopy from "./ConflictedCopy.ts"
import * as NotesTable from "./local/NotesTable.ts"
import * as OutboxTable from "./local/OutboxTable.ts"
import type { NoteContent } from "./local/SealedNote.ts"
import * as SyncStateTable from "./local/SyncStateTable.ts"
import * as NotesRemote from "./remote/NotesRemote.ts"

const nothing = { pushed: 0, pulled: 0, conflicts: 0, rejected: 0 }
type Counts = typeof nothing

const sum = (counts: ReadonlyArray<Partial<Counts>>): Counts =>
  counts.reduce<Counts>((total, each) => ({
    pushed: total.pushed + (each.pushed ?? 0),
    pulled: total.pulled + (each.pulled ?? 0),
    conflicts: total.conflicts + (each.conflicts ?? 0),
    rejected: total.rejected + (each.rejected ?? 0)
  }), nothing)

export const sameContent = (left: NoteContent, right: NoteContent) =>
  left.title === right.title && left.text === right.text

/** What a round has to know about its surroundings. */
export interface Round<E> {
  readonly principal: UserId
  /** Fails when `principal` is not signed in any more; asked before every request. */
  readonly stillSignedIn: Effect.Effect<void, E>
}

export const make = Effect.gen(function*() {
  const database = yield* LocalDatabase
  const notes = yield* NotesTable.make
  const outbox = yield* OutboxTable.make
  const states = yield* SyncStateTable.make
  const remote = yield* NotesRemote.make

  const adopt = (principal: UserId, { content, noteId, updatedAt, version }: RemoteNote) =>
    content === null
      ? notes.remove(principal, noteId)
      : notes.put(principal, { id: noteId, title: content.title, text: content.text, updatedAt, version })

  const keepAsCopy = (principal: UserId, content: NoteContent) =>
    Effect.gen(function*() {
      const copy = yield* ConflictedCopy.make(content)
      yield* notes.put(principal, { ...copy, updatedAt: yield* DateTime.now, version: 0 })
      yield* outbox.enqueuePut(principal, copy.id, { title: copy.title, text: copy.text }, 0)
    })

  /** The remote version takes the id, also when it is a deletion or was deleted here. */
  const resolve = (principal: UserId, current: RemoteNote) =>
    Effect.gen(function*() {
      const local = yield* notes.find(principal, current.noteId)
      yield* outbox.forget(principal, current.noteId)
      yield* adopt(principal, current)
      if (Option.isNone(local)) return { pulled: current.content === null ? 0 : 1 }
      if (current.content !== null && sameContent(local.value, current.content)) return { pushed: 1 }
      yield* keepAsCopy(principal, local.value)
      return { conflicts: 1 }
    })

  const applyOutcome = (principal: UserId) => ({ mutation: { mutationId, noteId }, result }: NotesRemote.Outcome) =>
    Effect.gen(function*() {
      // A damaged note is not given up for the remote version: what its change says is still in the outbox.
      const resolvable = result._tag === "Conflict" && (yield* notes.isIntact(principal, noteId))
      if (result._tag === "Conflict" && resolvable) return yield* resolve(principal, { ...result.current, noteId })
      if (result._tag !== "Applied") {
        yield* outbox.reject(principal, mutationId, noteId)
        return { rejected: 1 }
      }
      yield* outbox.settle(principal, mutationId, noteId, result.version)
      yield* notes.setVersion(principal, noteId, result.version)
      return { pushed: 1 }
    })

  const push = <E>({ principal, stillSignedIn }: Round<E>) =>
    Effect.gen(function*() {
      let counts = nothing
      while ((yield* database.read(outbox.waiting(principal))) > 0) {
        const { damaged, mutations } = yield* database.writeTransaction(outbox.takeBatch(principal))
        counts = sum([counts, { rejected: damaged }])
        yield* stillSignedIn
        const outcomes = mutations.length === 0 ? [] : yield* remote.mutate(mutations)
        const applied = yield* database.writeTransaction(Effect.forEach(outcomes, applyOutcome(principal)))
        counts = sum([counts, ...applied])
      }
      return counts
    })

  /**
   * A note changed here stays: the next push meets the newer version. Nothing will be pushed for a parked change, so
   * it meets the newer version here.
   */
  const applyChange = (principal: UserId, restarted: boolean) => (change: RemoteNote) =>
    Effect.gen(function*() {
      const known = yield* notes.version(principal, change.noteId)
      const outdated = !restarted && Option.exists(known, (version) => version > change.version)
      const same = Option.contains(known, change.version)
      const local = yield* outbox.state(principal, change.noteId)
      const resolvable = local === "parked" && !same && (yield* notes.isIntact(principal, change.noteId))
      if (outdated || (local !== "none" && !resolvable)) {
        yield* notes.mark(principal, change.noteId)
        return {}
      }
      if (resolvable) {
        const { conflicts = 0 } = yield* resolve(principal, change)
        return conflicts > 0 ? { conflicts } : { pulled: 1 }
      }
      yield* adopt(principal, change)
      return (change.content === null ? Option.isSome(known) : !same) ? { pulled: 1 } : {}
    })

  const applyPage = (principal: UserId, state: SyncStateTable.SyncState, page: ChangesPage) =>
    Effect.gen(function*() {
      const restarted = state.sweeping || page.reset
      if (page.reset) yield* notes.unmark(principal)
      const applied = yield* Effect.forEach(page.changes, applyChange(principal, restarted))
      const swept = restarted && !page.more ? yield* notes.sweep(principal) : 0
      const pulledAt = page.more ? state.pulledAt : Option.some(yield* DateTime.now)
      yield* states.write(principal, { cursor: Option.some(page.cursor), pulledAt, sweeping: restarted && page.more })
      return sum([...applied, { pulled: swept }])
    })

  const pull = <E>({ principal, stillSignedIn }: Round<E>) =>
    Effect.gen(function*() {
      let counts = nothing
      while (true) {
        const state = yield* database.read(states.read(principal))
        yield* stillSignedIn
        const page = yield* remote.changes(Option.getOrUndefined(state.cursor))
        const applied = yield* database.writeTransaction(applyPage(principal, state, page))
        counts = sum([counts, applied])
        if (!page.more) return counts
        if (Option.contains(state.cursor, page.cursor)) return yield* new Unavailable({})
      }
    })

  const run = <E>(round: Round<E>) =>
    Effect.gen(function*() {
      const pushed = yield* push(round)
      return new SyncReport(sum([pushed, yield* pull(round)]))
    })

  return { run }
})
