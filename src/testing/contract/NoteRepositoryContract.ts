/**
 * What every `NoteRepository` must do on one device, beside an `AuthRepository` as its contract asks for it. What
 * several devices see of each other is `NoteSyncContract`. Not covered: durability and a failing backend.
 */
import { Duration, Effect, Option, Stream, TestClock } from "effect"
import { AuthRepository } from "../../domain/auth/AuthRepository.ts"
import type { Note } from "../../domain/notes/Note.ts"
import { NoteDraft, NoteId } from "../../domain/notes/Note.ts"
import { NoteRepository } from "../../domain/notes/NoteRepository.ts"
import { contractCase, ensure } from "../Contract.ts"
import type { Contract } from "../Contract.ts"
import { loginRequest } from "./AuthRepositoryContract.ts"

/** A note's id, fixed by `number`. */
export const noteId = (number: number) => NoteId.make(`00000000-0000-4000-8000-${String(number).padStart(12, "0")}`)

export const draft = (number: number, title: string, text = "") => new NoteDraft({ id: noteId(number), title, text })

const signedIn = Effect.gen(function*() {
  const auth = yield* AuthRepository
  yield* auth.login(loginRequest("ada"))
  return yield* NoteRepository
})

type Notes = typeof NoteRepository.Service

/** The first snapshot. */
export const now = (notes: Notes) => Effect.flatten(Stream.runHead(notes.all))

export const find = (notes: Notes, id: NoteId) =>
  Effect.map(Effect.flatten(Stream.runHead(notes.one(id))), ({ data }) => Option.getOrUndefined(data))

const titles = (notes: ReadonlyArray<Note>) => notes.map(({ title }) => title).join()

const next = <A, E>(pull: Effect.Effect<Iterable<A>, Option.Option<E>>) =>
  Effect.flatMap(pull, (chunk) => Effect.fromNullable(Array.from(chunk).at(-1)))

const awkward = ["", "\n", "a\r\nb", "nul\u0000", "日本語 🔑 e\u0301", "x".repeat(300_000)]

export const contract: Contract<NoteRepository | AuthRepository> = {
  name: "NoteRepository",
  cases: [
    contractCase(
      "belongs to an account",
      Effect.gen(function*() {
        const notes = yield* NoteRepository
        const failures = [
          yield* Effect.flip(now(notes)),
          yield* Effect.flip(find(notes, noteId(1))),
          yield* Effect.flip(notes.save(draft(1, "a"))),
          yield* Effect.flip(notes.remove(noteId(1))),
          yield* Effect.flip(notes.sync)
        ].map(({ _tag }) => _tag)
        yield* ensure(failures.every((tag) => tag === "Unauthenticated"), `failed with ${failures.join()}`)
      })
    ),
    contractCase(
      "shows a saved note at once, not yet synced",
      Effect.gen(function*() {
        const notes = yield* signedIn
        const saved = yield* notes.save(draft(1, "Title", "Text"))
        const { age, data, origin, pending } = yield* now(notes)
        const [note] = data
        yield* ensure(data.length === 1 && note?.title === "Title" && note.text === "Text", "it is not there")
        yield* ensure(note?.synced === false && !saved.synced && pending === 1, "it seems synced")
        yield* ensure(origin === "local" && Duration.toMillis(age) === 0, "it is not this device's own")
      })
    ),
    contractCase(
      "replaces title and text of a note saved again",
      Effect.gen(function*() {
        const notes = yield* signedIn
        yield* notes.save(draft(1, "First", "one"))
        yield* notes.save(draft(1, "Second", "two"))
        const { data, pending } = yield* now(notes)
        yield* ensure(titles(data) === "Second" && data[0]?.text === "two", `there is ${titles(data)}`)
        yield* ensure(pending === 1, `${pending} changes wait`)
      })
    ),
    contractCase(
      "changes nothing when what is there is saved again",
      Effect.gen(function*() {
        const notes = yield* signedIn
        const first = yield* notes.save(draft(1, "Same", "same"))
        yield* notes.sync
        yield* TestClock.adjust("1 minute")
        const second = yield* notes.save(draft(1, "Same", "same"))
        const { pending } = yield* now(notes)
        yield* ensure(second.synced && pending === 0, "it has to be sent again")
        yield* ensure(second.updatedAt.epochMillis - first.updatedAt.epochMillis < 60_000, "it was updated")
      }),
      ["TestClock"]
    ),
    contractCase(
      "keeps any text exactly",
      Effect.gen(function*() {
        const notes = yield* signedIn
        yield* Effect.forEach(awkward, (text, index) => notes.save(draft(index, `Title ${index}`, text)))
        yield* notes.sync
        const { data } = yield* now(notes)
        yield* ensure(data.every(({ text }, index) => text === awkward[index]), "a text was changed")
        yield* ensure(data.length === awkward.length, "a note is missing")
      })
    ),
    contractCase(
      "sorts by title",
      Effect.gen(function*() {
        const notes = yield* signedIn
        yield* Effect.forEach(["b", "c", "a"], (title, index) => notes.save(draft(index, title)))
        const { data } = yield* now(notes)
        yield* ensure(titles(data) === "a,b,c", `the order is ${titles(data)}`)
      })
    ),
    contractCase(
      "removes a note, and says when there is none",
      Effect.gen(function*() {
        const notes = yield* signedIn
        const failure = yield* Effect.flip(notes.remove(noteId(1)))
        yield* ensure(failure._tag === "NoteNotFound", `failed with ${failure._tag}`)
        yield* notes.save(draft(1, "Gone"))
        yield* notes.remove(noteId(1))
        yield* ensure((yield* find(notes, noteId(1))) === undefined, "it is still there")
        const again = yield* Effect.flip(notes.remove(noteId(1)))
        yield* ensure(again._tag === "NoteNotFound", `failed with ${again._tag}`)
      })
    ),
    contractCase(
      "sends a note once",
      Effect.gen(function*() {
        const notes = yield* signedIn
        yield* notes.save(draft(1, "Title", "Text"))
        const first = yield* notes.sync
        yield* ensure(first.pushed === 1 && first.conflicts === 0 && first.rejected === 0, "it was not sent once")
        const { data, pending } = yield* now(notes)
        yield* ensure(data[0]?.synced === true && pending === 0, "it does not seem synced")
        const second = yield* notes.sync
        yield* ensure(second.pushed === 0 && second.pulled === 0, "something was sent or applied again")
      })
    ),
    contractCase(
      "sends nothing for a note that came and went",
      Effect.gen(function*() {
        const notes = yield* signedIn
        yield* notes.save(draft(1, "Short-lived"))
        yield* notes.remove(noteId(1))
        const { pending } = yield* now(notes)
        const { pushed } = yield* notes.sync
        yield* ensure(pending === 0 && pushed === 0, "it was sent")
      })
    ),
    contractCase(
      "shows all notes again after each change",
      Effect.gen(function*() {
        const notes = yield* signedIn
        const pull = yield* Stream.toPull(notes.all)
        yield* ensure(titles((yield* next(pull)).data) === "", "there are notes")
        yield* notes.save(draft(1, "a"))
        yield* ensure(titles((yield* next(pull)).data) === "a", "the save was not shown")
        yield* notes.sync
        yield* ensure((yield* next(pull)).data[0]?.synced === true, "the sync was not shown")
        yield* notes.remove(noteId(1))
        yield* ensure(titles((yield* next(pull)).data) === "", "the removal was not shown")
      })
    ),
    contractCase(
      "shows one note again when it changes, and only then",
      Effect.gen(function*() {
        const notes = yield* signedIn
        const pull = yield* Stream.toPull(notes.one(noteId(1)))
        yield* ensure(Option.isNone((yield* next(pull)).data), "there is a note")
        yield* notes.save(draft(2, "another"))
        yield* notes.save(draft(1, "mine"))
        const shown = (yield* next(pull)).data
        yield* ensure(Option.exists(shown, ({ title }) => title === "mine"), "the save was not shown")
        yield* notes.remove(noteId(1))
        yield* ensure(Option.isNone((yield* next(pull)).data), "the removal was not shown")
      })
    ),
    contractCase(
      "says how old the data is",
      Effect.gen(function*() {
        const notes = yield* signedIn
        yield* notes.save(draft(1, "old"))
        yield* notes.sync
        yield* TestClock.adjust("5 minutes")
        yield* notes.save(draft(2, "new"))
        const { age } = yield* now(notes)
        yield* ensure(Duration.toSeconds(age) === 300, `the age is ${Duration.toSeconds(age)} s`)
        const own = yield* Effect.flatten(Stream.runHead(notes.one(noteId(2))))
        yield* ensure(Duration.toSeconds(own.age) === 0, "this device's own note is old")
      }),
      ["TestClock"]
    ),
    contractCase(
      "keeps accounts apart",
      Effect.gen(function*() {
        const auth = yield* AuthRepository
        const notes = yield* signedIn
        yield* notes.save(draft(1, "Ada's"))
        yield* auth.login(loginRequest("grace"))
        const { data, pending } = yield* now(notes)
        yield* ensure(data.length === 0 && pending === 0, "Grace sees Ada's note")
        yield* notes.save(draft(1, "Grace's"))
        yield* notes.sync
        yield* auth.login(loginRequest("ada"))
        const [note] = (yield* now(notes)).data
        yield* ensure(note?.title === "Ada's" && !note.synced, "Ada's note was touched")
      })
    )
  ]
}
