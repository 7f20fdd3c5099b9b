import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Unavailable } from "../../../src/domain/network/RemoteFailure.ts"
import { draft, find, noteId, now } from "../../../src/testing/contract/NoteRepositoryContract.ts"
import { ScriptedBackend, users } from "../../support/ScriptedBackend.ts"
import { convergence, outcome } from "./convergence.ts"
import { signedIn, signedInDevice } from "./devices.ts"

convergence(10)

it.effect("notices a text that is lost", () =>
  Effect.gen(function*() {
    const steps = [
      { _tag: "Save", device: 0, note: 1 },
      { _tag: "Save", device: 1, note: 1 },
      { _tag: "Sync", device: 0, fates: [], during: 0 }
    ] as const
    assert.deepStrictEqual(yield* outcome(steps), [])
    const backend = new ScriptedBackend()
    backend.lastWriterWins = true
    assert.deepStrictEqual(yield* outcome(steps, backend), ["text 0"])
  }))

describe("pull", () => {
  it.scoped("reads page after page and remembers where it stopped", () =>
    signedIn((notes, backend) =>
      Effect.gen(function*() {
        const other = yield* signedInDevice(backend)
        yield* Effect.forEach(Array.from({ length: 5 }, (_, index) => index), (index) =>
          other.save(draft(index, `Title ${index}`)))
        yield* other.sync
        backend.pageSize = 2
        backend.calls.length = 0
        backend.script.push("ok", "ok", new Unavailable({}))
        assert.strictEqual((yield* Effect.flip(notes.sync))._tag, "Unavailable")
        assert.strictEqual((yield* now(notes)).data.length, 4)
        assert.strictEqual((yield* notes.sync).pulled, 1)
        assert.strictEqual(backend.calls.length, 4)
      })
    ))

  it.scoped("leaves alone what was changed here meanwhile", () =>
    signedIn((notes, backend) =>
      Effect.gen(function*() {
        const other = yield* signedInDevice(backend)
        yield* other.save(draft(1, "Title", "theirs"))
        yield* other.sync
        backend.during = Effect.suspend(() => {
          backend.during = Effect.void
          return Effect.asVoid(Effect.orDie(notes.save(draft(1, "Title", "mine"))))
        })
        yield* notes.sync
        assert.strictEqual((yield* find(notes, noteId(1)))?.text, "mine")
        assert.strictEqual((yield* notes.sync).conflicts, 1)
        assert.strictEqual((yield* find(notes, noteId(1)))?.text, "theirs")
      })
    ))

  it.effect("starts over after a reset: what is gone goes, what was written here stays", () =>
    signedIn((notes, backend) =>
      Effect.gen(function*() {
        yield* Effect.forEach([1, 2, 3, 4], (number) => notes.save(draft(number, `Title ${number}`)))
        yield* notes.sync
        const held = backend.notes.get(users.ada.id)
        backend.epoch = 2
        backend.pageSize = 1
        held?.delete(noteId(3))
        held?.delete(noteId(4))
        backend.during = Effect.suspend(() => {
          backend.during = Effect.void
          return Effect.asVoid(Effect.orDie(notes.save(draft(4, "Title 4", "written meanwhile"))))
        })
        backend.script.push("ok", new Unavailable({}))
        assert.strictEqual((yield* Effect.flip(notes.sync))._tag, "Unavailable")
        assert.strictEqual((yield* now(notes)).data.length, 4, "swept before all pages were here")
        yield* notes.sync
        const { data, pending } = yield* now(notes)
        assert.deepStrictEqual(data.map(({ title }) => title), ["Title 1", "Title 2", "Title 4"])
        assert.strictEqual(pending, 0)
        assert.strictEqual(held?.get(noteId(4))?.content?.text, "written meanwhile")
      })
    ))
})
