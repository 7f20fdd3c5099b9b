/**
 * What the devices of one account see of each other through `NoteRepository.sync`: nothing a person wrote is lost,
 * and all devices end with the same notes.
 */
import { Context, Effect } from "effect"
import { AuthRepository } from "../../domain/auth/AuthRepository.ts"
import type { Note } from "../../domain/notes/Note.ts"
import { NoteRepository } from "../../domain/notes/NoteRepository.ts"
import { contractCase, ensure } from "../Contract.ts"
import type { Contract } from "../Contract.ts"
import { loginRequest } from "./AuthRepositoryContract.ts"
import { draft, find, noteId, now } from "./NoteRepositoryContract.ts"

/** The notes of another device that is signed in as `ada` at the same backend. */
export class OtherDevice extends Context.Tag("effect-strata/testing/contract/NoteSyncContract/OtherDevice")<
  OtherDevice,
  typeof NoteRepository.Service
>() {}

const devices = Effect.gen(function*() {
  const auth = yield* AuthRepository
  yield* auth.login(loginRequest("ada"))
  return { here: yield* NoteRepository, there: yield* OtherDevice }
})

type Notes = typeof NoteRepository.Service

/** Both devices hold one note with this id and text, and nothing waits. */
const shared = (text: string) =>
  Effect.gen(function*() {
    const { here, there } = yield* devices
    yield* here.save(draft(1, "Shared", text))
    yield* here.sync
    yield* there.sync
    return { here, there }
  })

const shown = (notes: ReadonlyArray<Note>) => notes.map(({ text, title }) => `${title}=${text}`).join()

/** After another exchange both devices show `expected`, all of it acknowledged. */
const converge = (here: Notes, there: Notes, expected: string) =>
  Effect.gen(function*() {
    yield* here.sync
    yield* there.sync
    yield* here.sync
    for (const device of [here, there]) {
      const { data, pending } = yield* now(device)
      yield* ensure(shown(data) === expected, `a device shows ${shown(data)}`)
      yield* ensure(pending === 0 && data.every(({ synced }) => synced), "something waits")
    }
  })

export const contract: Contract<NoteRepository | AuthRepository | OtherDevice> = {
  name: "NoteSync",
  cases: [
    contractCase(
      "brings notes to the other device",
      Effect.gen(function*() {
        const { here, there } = yield* devices
        yield* here.save(draft(1, "A", "one"))
        yield* there.save(draft(2, "B", "two"))
        yield* here.sync
        const { pulled, pushed } = yield* there.sync
        yield* ensure(pulled === 1 && pushed === 1, "the report does not say so")
        yield* converge(here, there, "A=one,B=two")
      })
    ),
    contractCase(
      "brings an edit and a removal to the other device",
      Effect.gen(function*() {
        const { here, there } = yield* shared("one")
        yield* there.save(draft(1, "Shared", "two"))
        yield* converge(there, here, "Shared=two")
        yield* here.remove(noteId(1))
        yield* converge(here, there, "")
      })
    ),
    contractCase(
      "keeps the text that came second as a copy",
      Effect.gen(function*() {
        const { here, there } = yield* shared("one")
        yield* there.save(draft(1, "Shared", "theirs"))
        yield* there.sync
        yield* here.save(draft(1, "Shared", "mine"))
        const { conflicts } = yield* here.sync
        yield* ensure(conflicts === 1, `${conflicts} conflicts`)
        yield* ensure((yield* find(here, noteId(1)))?.text === "theirs", "the id does not hold the remote text")
        yield* converge(here, there, "Shared=theirs,Shared (conflicted copy)=mine")
      })
    ),
    contractCase(
      "makes no copy when both wrote the same",
      Effect.gen(function*() {
        const { here, there } = yield* shared("one")
        yield* there.save(draft(1, "Shared", "same"))
        yield* there.sync
        yield* here.save(draft(1, "Shared", "same"))
        yield* here.sync
        yield* converge(here, there, "Shared=same")
      })
    ),
    contractCase(
      "brings back a note that was removed here and changed there",
      Effect.gen(function*() {
        const { here, there } = yield* shared("one")
        yield* there.save(draft(1, "Shared", "changed"))
        yield* there.sync
        yield* here.remove(noteId(1))
        yield* converge(here, there, "Shared=changed")
      })
    ),
    contractCase(
      "keeps a copy of a note that was changed here and removed there",
      Effect.gen(function*() {
        const { here, there } = yield* shared("one")
        yield* there.remove(noteId(1))
        yield* there.sync
        yield* here.save(draft(1, "Shared", "changed"))
        yield* converge(here, there, "Shared (conflicted copy)=changed")
      })
    ),
    contractCase(
      "agrees when both removed it",
      Effect.gen(function*() {
        const { here, there } = yield* shared("one")
        yield* there.remove(noteId(1))
        yield* there.sync
        yield* here.remove(noteId(1))
        yield* converge(here, there, "")
      })
    )
  ]
}
