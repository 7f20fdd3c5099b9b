import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Offline, Rejected, Unavailable } from "../../../src/domain/network/RemoteFailure.ts"
import { LocalDatabase } from "../../../src/infrastructure/storage/local/LocalDatabase.ts"
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

describe("a parked change", () => {
  it.scoped("gives way to a newer remote version and stays as a copy", () =>
    signedIn((notes, backend) =>
      Effect.gen(function*() {
        backend.refusedTitles.add("Refused")
        yield* notes.save(draft(1, "Title", "first"))
        yield* notes.save(draft(1, "Title", "second"))
        yield* notes.sync
        yield* notes.save(draft(1, "Refused", "mine"))
        assert.strictEqual((yield* notes.sync).rejected, 1)
        assert.strictEqual((yield* find(notes, noteId(1)))?.text, "mine", "gave way to what it was made on")
        const other = yield* signedInDevice(backend)
        yield* other.sync
        yield* other.save(draft(1, "Title", "theirs"))
        yield* other.sync
        const { conflicts, pulled } = yield* notes.sync
        assert.deepStrictEqual({ conflicts, pulled }, { conflicts: 1, pulled: 0 })
        assert.deepStrictEqual(
          (yield* now(notes)).data.map(({ synced, text, title }) => ({ synced, text, title })),
          [
            { synced: false, text: "mine", title: "Refused (conflicted copy)" },
            { synced: true, text: "theirs", title: "Title" }
          ]
        )
        yield* notes.sync
        assert.strictEqual((yield* now(notes)).data.every(({ synced }) => synced), true)
        yield* other.save(draft(1, "Title", "theirs again"))
        yield* other.sync
        yield* notes.sync
        assert.strictEqual((yield* find(notes, noteId(1)))?.text, "theirs again")
      })
    ))

  it.effect("that is refused before anything was pulled does not meet its own basis as a conflict", () =>
    signedIn((notes, backend) =>
      Effect.gen(function*() {
        yield* notes.save(draft(1, "Title", "first"))
        backend.script.push("ok", new Offline())
        yield* Effect.flip(notes.sync)
        backend.refusedTitles.add("Refused")
        yield* notes.save(draft(1, "Refused", "mine"))
        const { conflicts, rejected } = yield* notes.sync
        assert.deepStrictEqual({ conflicts, rejected }, { conflicts: 0, rejected: 1 })
        assert.strictEqual((yield* find(notes, noteId(1)))?.text, "mine")
      })
    ))

  it.effect("does not stay behind when its note is gone", () =>
    signedIn((notes, backend) =>
      Effect.gen(function*() {
        const { sql } = yield* LocalDatabase
        yield* notes.save(draft(1, "Title"))
        yield* notes.sync
        yield* notes.remove(noteId(1))
        // The batch of one deletion.
        backend.script.push(new Rejected({ issues: [] }))
        assert.strictEqual((yield* notes.sync).rejected, 1)
        assert.deepStrictEqual(yield* sql`SELECT * FROM outbox`, [])
      })
    ))
})
