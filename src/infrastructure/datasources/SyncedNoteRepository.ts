/**
 * Notes in the local database, sealed, with an outbox to the backend.
 */
import { Clock, DateTime, Duration, Effect, Equal, Layer, Option, Order, PubSub, Ref, Schema, Stream } from "effect"
import { createHash } from "node:crypto"
import type { UserId } from "../../domain/auth/User.ts"
import { RemoteFailure, Unauthenticated } from "../../domain/network/RemoteFailure.ts"
import type { NoteDraft, NoteId } from "../../domain/notes/Note.ts"
import { Note } from "../../domain/notes/Note.ts"
import { NoteNotFound } from "../../domain/notes/NoteFailure.ts"
import { NoteRepository } from "../../domain/notes/NoteRepository.ts"
import type { Crypto } from "../../domain/security/Crypto.ts"
import { AccessTokens } from "../network/api/AccessTokens.ts"
import type { ApiClient } from "../network/api/ApiClient.ts"
import { onBehalfOf } from "../network/api/CallOptions.ts"
import { LocalDatabase } from "../storage/local/LocalDatabase.ts"
import { ProcessLock } from "../storage/local/ProcessLock.ts"
import * as SyncCatalogue from "../telemetry/catalogue/Sync.ts"
import * as Meter from "../telemetry/Meter.ts"
import * as Span from "../telemetry/Span.ts"
import { liveTables } from "./local/NotesMigration.ts"
import * as NotesTable from "./local/NotesTable.ts"
import * as OutboxTable from "./local/OutboxTable.ts"
import * as SyncStateTable from "./local/SyncStateTable.ts"
import * as NoteSync from "./NoteSync.ts"

/** How long a round waits for another process of this machine that syncs the same account. */
const lockDeadline = "60 seconds"

/** File names of locks hold no user id. */
const lockName = (principal: UserId) => `sync-${createHash("sha256").update(principal).digest("hex").slice(0, 16)}`

const isRemoteFailure = Schema.is(RemoteFailure)

const byTitle = Order.combine(
  Order.mapInput(Order.string, (note: Note) => note.title),
  Order.mapInput(Order.string, (note: Note) => note.id)
)

/** Not validated again: what the backend sent may be outside our limits and is shown all the same. */
const toNote = ({ changed, id, text, title, updatedAt }: NotesTable.StoredNote) =>
  new Note({ id, title, text, updatedAt, synced: !changed }, { disableValidation: true })

export const make = Effect.gen(function*() {
  const database = yield* LocalDatabase
  const tokens = yield* AccessTokens
  const locks = yield* ProcessLock
  const notes = yield* NotesTable.make
  const outbox = yield* OutboxTable.make
  const states = yield* SyncStateTable.make
  const noteSync = yield* NoteSync.make
  const failures = yield* PubSub.sliding<void>(1)
  const oneAtATime = yield* Effect.makeSemaphore(1)
  const lastFailure = yield* Ref.make(Option.none<{ readonly principal: UserId; readonly failure: RemoteFailure }>())

  const signedIn = Effect.flatMap(
    tokens.principal,
    Option.match({ onNone: () => new Unauthenticated(), onSome: Effect.succeed })
  )
  const surroundings = (principal: UserId) =>
    Effect.gen(function*() {
      const pending = yield* outbox.waiting(principal)
      yield* Meter.set(SyncCatalogue.outboxDepth, pending)
      const { pulledAt } = yield* states.read(principal)
      const now = yield* Clock.currentTimeMillis
      const age = Option.match(pulledAt, {
        onNone: () => Duration.zero,
        onSome: (at) => Duration.millis(now - at.epochMillis)
      })
      const failed = Option.filter(yield* Ref.get(lastFailure), (last) => last.principal === principal)
      const error = Option.match(failed, { onNone: () => ({}), onSome: ({ failure }) => ({ error: failure }) })
      return { origin: "local" as const, age, pending, ...error }
    })

  const readAll = Effect.gen(function*() {
    const principal = yield* signedIn
    return yield* database.readSnapshot(Effect.gen(function*() {
      const stored = yield* notes.list(principal)
      return { ...(yield* surroundings(principal)), data: stored.map(toNote).toSorted(byTitle) }
    }))
  })

  const readOne = (id: NoteId) =>
    Effect.gen(function*() {
      const principal = yield* signedIn
      return yield* database.readSnapshot(Effect.gen(function*() {
        const stored = yield* notes.find(principal, id)
        const around = yield* surroundings(principal)
        const age = Option.exists(stored, ({ changed }) => changed) ? Duration.zero : around.age
        return { ...around, age, data: Option.map(stored, toNote) }
      }))
    })

  const live = <A, E>(read: Effect.Effect<A, E>) =>
    Stream.unwrapScoped(
      Effect.map(Stream.fromPubSub(failures, { scoped: true }), (failed) =>
        Stream.merge(database.live(liveTables, Effect.void), failed).pipe(Stream.mapEffect(() => read)))
    )

  const save = (draft: NoteDraft) =>
    Effect.gen(function*() {
      const principal = yield* signedIn
      const content = { title: draft.title, text: draft.text }
      return yield* database.writeTransaction(Effect.gen(function*() {
        const known = yield* notes.find(principal, draft.id)
        if (Option.isSome(known) && NoteSync.sameContent(known.value, content)) return toNote(known.value)
        const version = Option.match(known, { onNone: () => 0, onSome: (note) => note.version })
        const note = { ...content, id: draft.id, updatedAt: yield* DateTime.now, version }
        yield* notes.put(principal, note)
        yield* outbox.enqueuePut(principal, draft.id, content, version)
        return toNote({ ...note, changed: true })
      }))
    })

  const remove = (id: NoteId) =>
    Effect.gen(function*() {
      const principal = yield* signedIn
      yield* database.writeTransaction(Effect.gen(function*() {
        const version = yield* Effect.flatMap(
          notes.version(principal, id),
          Option.match({ onNone: () => new NoteNotFound({ id }), onSome: Effect.succeed })
        )
        yield* notes.remove(principal, id)
        yield* outbox.enqueueDelete(principal, id, version)
      }))
    })

  const stillSignedInAs = (principal: UserId) =>
    Effect.flatMap(signedIn, (current) => current === principal ? Effect.void : new Unauthenticated())

  const remember = (principal: UserId, failure: Option.Option<RemoteFailure>) =>
    Effect.gen(function*() {
      const next = Option.map(failure, (known) => ({ principal, failure: known }))
      const before = yield* Ref.getAndSet(lastFailure, next)
      const same = Equal.equals(Option.map(before, (last) => last.failure), failure)
      if (!same) yield* PubSub.publish(failures, undefined)
    })

  const sync = Effect.gen(function*() {
    const principal = yield* signedIn
    const round = { principal, stillSignedIn: stillSignedInAs(principal) }
    const report = yield* noteSync.run(round).pipe(
      onBehalfOf(principal),
      locks.withLock(lockName(principal), lockDeadline),
      Effect.tapError((failure) => remember(principal, Option.liftPredicate(failure, isRemoteFailure)))
    )
    yield* remember(principal, Option.none())
    yield* Span.annotate(SyncCatalogue.noteSync, {
      "strata.sync.pushed": report.pushed,
      "strata.sync.pulled": report.pulled,
      "strata.sync.conflicts": report.conflicts,
      "strata.sync.rejected": report.rejected
    })
    return report
  }).pipe(
    Meter.timed(SyncCatalogue.syncDuration),
    Span.withSpan(SyncCatalogue.noteSync),
    oneAtATime.withPermits(1)
  )

  return NoteRepository.of({
    all: live(readAll),
    one: (id) => live(readOne(id)).pipe(Stream.changesWith((before, after) => Equal.equals(before.data, after.data))),
    save,
    remove,
    sync
  })
})

/**
 * Keeps every account's notes apart. Needs `notesMigration`, and a database with live queries of `liveTables`: streams
 * notice what other processes of this machine do too.
 */
export const layer: Layer.Layer<
  NoteRepository,
  never,
  AccessTokens | ApiClient | Crypto | LocalDatabase | ProcessLock
> = Layer.effect(NoteRepository, make)
