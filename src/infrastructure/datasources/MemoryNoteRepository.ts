/**
 * Notes in memory, with a backend in memory that several instances can share.
 */
import { Clock, DateTime, Duration, Effect, Equal, Layer, Option, Order, PubSub, Stream } from "effect"
import { AuthRepository } from "../../domain/auth/AuthRepository.ts"
import type { UserId } from "../../domain/auth/User.ts"
import { Unauthenticated } from "../../domain/network/RemoteFailure.ts"
import type { NoteDraft, NoteId } from "../../domain/notes/Note.ts"
import { Note, SyncReport } from "../../domain/notes/Note.ts"
import { NoteNotFound } from "../../domain/notes/NoteFailure.ts"
import { NoteRepository } from "../../domain/notes/NoteRepository.ts"
import * as ConflictedCopy from "./ConflictedCopy.ts"

interface Content {
  readonly title: string
  readonly text: string
  readonly updatedAt: DateTime.Utc
}

/** `content` is `undefined` for a deleted note. */
interface Versioned {
  readonly version: number
  readonly content: Content | undefined
}

interface Local extends Versioned {
  readonly changed: boolean
}

/** What devices that share it see of each other, per account. */
export type Remote = Map<UserId, Map<NoteId, Versioned>>

/** A backend without notes. */
export const makeRemote = (): Remote => new Map()

interface Device {
  readonly notes: Map<NoteId, Local>
  pulledAt: number | undefined
}

const byTitle = Order.combine(
  Order.mapInput(Order.string, (note: Note) => note.title),
  Order.mapInput(Order.string, (note: Note) => note.id)
)

const entry = <K, V>(map: Map<K, V>, key: K, initial: () => V): V => {
  const known = map.get(key)
  if (known !== undefined) return known
  const value = initial()
  map.set(key, value)
  return value
}

const same = (left: Content | undefined, right: Content | undefined) =>
  left?.title === right?.title && left?.text === right?.text

const toNote = (id: NoteId, { changed, content }: Local) =>
  content === undefined ? [] : [new Note({ ...content, id, synced: !changed })]

const keepAsCopy = (notes: Map<NoteId, Local>, lost: Content) =>
  Effect.gen(function*() {
    const { id, text, title } = yield* ConflictedCopy.make(lost)
    notes.set(id, { version: 0, content: { title, text, updatedAt: yield* DateTime.now }, changed: true })
  })

export const make = (options?: { readonly remote?: Remote }) =>
  Effect.gen(function*() {
    const auth = yield* AuthRepository
    const remote = options?.remote ?? makeRemote()
    const devices = new Map<UserId, Device>()
    const changes = yield* PubSub.sliding<void>(1)
    const announce = PubSub.publish(changes, undefined)

    const principal = Effect.flatMap(
      auth.currentUser,
      Option.match({ onNone: () => new Unauthenticated(), onSome: ({ id }) => Effect.succeed(id) })
    )
    const device = Effect.map(principal, (id) =>
      entry(devices, id, (): Device => ({ notes: new Map(), pulledAt: undefined })))

    const read = Effect.gen(function*() {
      const { notes, pulledAt } = yield* device
      const now = yield* Clock.currentTimeMillis
      return {
        data: Array.from(notes).flatMap(([id, local]) =>
          toNote(id, local)
        ).toSorted(byTitle),
        origin: "local" as const,
        age: Duration.millis(pulledAt === undefined ? 0 : now - pulledAt),
        pending: Array.from(notes.values()).filter(({ changed }) => changed).length
      }
    })

    const live = <A, E>(current: Effect.Effect<A, E>) =>
      Stream.unwrapScoped(
        Effect.map(PubSub.subscribe(changes), (queue) =>
          Stream.concat(Stream.void, Stream.fromQueue(queue, { maxChunkSize: 1 })).pipe(
            Stream.mapEffect(() => current)
          ))
      )

    const one = (id: NoteId) =>
      live(Effect.map(read, (snapshot) => {
        const data = Option.fromNullable(snapshot.data.find((note) =>
          note.id === id
        ))
        return { ...snapshot, data, age: Option.exists(data, ({ synced }) => !synced) ? Duration.zero : snapshot.age }
      })).pipe(Stream.changesWith((before, after) => Equal.equals(before.data, after.data)))

    const save = ({ id, text, title }: NoteDraft) =>
      Effect.gen(function*() {
        const { notes } = yield* device
        const known = notes.get(id)
        if (known?.content?.title === title && known.content.text === text) {
          return new Note({ ...known.content, id, synced: !known.changed })
        }
        const content = { title, text, updatedAt: yield* DateTime.now }
        notes.set(id, { version: known?.version ?? 0, content, changed: true })
        yield* announce
        return new Note({ ...content, id, synced: false })
      })

    const remove = (id: NoteId) =>
      Effect.gen(function*() {
        const { notes } = yield* device
        const known = notes.get(id)
        if (known?.content === undefined) return yield* new NoteNotFound({ id })
        if (known.version === 0) notes.delete(id)
        else notes.set(id, { version: known.version, content: undefined, changed: true })
        yield* announce
      })

    const sync = Effect.gen(function*() {
      const here = yield* device
      const { notes } = here
      const theirs = entry(remote, yield* principal, () => new Map<NoteId, Versioned>())
      const lost: Array<Content> = []
      let pushed = 0
      const push = () => {
        for (const [id, local] of notes) {
          if (!local.changed) continue
          const current = theirs.get(id)
          const newest = (current?.version ?? 0) <= local.version || same(current?.content, local.content)
          if (newest) {
            const version = (current?.version ?? 0) + 1
            theirs.set(id, { version, content: local.content })
            notes.set(id, { version, content: local.content, changed: false })
            pushed += 1
          } else {
            if (local.content !== undefined) lost.push(local.content)
            notes.delete(id)
          }
        }
      }
      push()
      yield* Effect.forEach(lost, (content) => keepAsCopy(notes, content))
      push()
      let pulled = 0
      for (const [id, current] of theirs) {
        const known = notes.get(id)
        if (known?.version === current.version) continue
        if (current.content !== undefined || known !== undefined) pulled += 1
        if (current.content === undefined) notes.delete(id)
        else notes.set(id, { ...current, changed: false })
      }
      here.pulledAt = yield* Clock.currentTimeMillis
      if (pushed + pulled + lost.length > 0) yield* announce
      return new SyncReport({ pushed, pulled, conflicts: lost.length, rejected: 0 })
    })

    return NoteRepository.of({ all: live(read), one, save, remove, sync })
  })

/** Volatile. Give several instances the same `remote` and they are devices of the same backend; `sync` always reaches it. */
export const layer = (
  options?: { readonly remote?: Remote }
): Layer.Layer<NoteRepository, never, AuthRepository> => Layer.effect(NoteRepository, make(options))
