import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Fiber, Layer, Option, Queue, Stream, TestClock } from "effect"
import { join } from "node:path"
import { AuthRepository } from "../../../src/domain/auth/AuthRepository.ts"
import type { RemoteFailure } from "../../../src/domain/network/RemoteFailure.ts"
import { Offline, Rejected } from "../../../src/domain/network/RemoteFailure.ts"
import * as SyncedNoteRepository from "../../../src/infrastructure/datasources/SyncedNoteRepository.ts"
import { LocalDatabase } from "../../../src/infrastructure/storage/local/LocalDatabase.ts"
import { loginRequest } from "../../../src/testing/contract/AuthRepositoryContract.ts"
import * as NoteRepositoryContract from "../../../src/testing/contract/NoteRepositoryContract.ts"
import { draft, find, noteId, now } from "../../../src/testing/contract/NoteRepositoryContract.ts"
import * as NoteSyncContract from "../../../src/testing/contract/NoteSyncContract.ts"
import { suite } from "../../../src/testing/vitest.ts"
import { ScriptedBackend, users } from "../../support/ScriptedBackend.ts"
import { temporaryFolder } from "../../support/temporaryFolder.ts"
import { database, device, machine, signedIn, signedInDevice } from "./devices.ts"

suite(NoteRepositoryContract.contract, "synced", Layer.suspend(() => device(new ScriptedBackend())))

suite(
  NoteSyncContract.contract,
  "synced",
  Layer.suspend(() => {
    const backend = new ScriptedBackend()
    const other = Layer.scoped(NoteSyncContract.OtherDevice, Effect.orDie(signedInDevice(backend)))
    return Layer.merge(device(backend), other)
  })
)

const sent = (backend: ScriptedBackend) => backend.calls.filter((name) => name === "notes.mutate").length

const remote = (backend: ScriptedBackend) =>
  Array.from(backend.notes.get(users.ada.id)?.values() ?? [], ({ content }) => content?.text)

describe("push", () => {
  it.effect("is not applied twice when the answer was lost", () =>
    signedIn((notes, backend) =>
      Effect.gen(function*() {
        yield* notes.save(draft(1, "Title", "one"))
        backend.script.push("answer lost")
        assert.strictEqual((yield* Effect.flip(notes.sync))._tag, "OutcomeUnknown")
        assert.strictEqual((yield* now(notes)).pending, 1)
        assert.strictEqual((yield* notes.sync).pushed, 1)
        assert.strictEqual(backend.notes.get(users.ada.id)?.get(noteId(1))?.version, 1)
        assert.strictEqual(backend.seen.size, 1)
      })
    ))

  it.effect("freezes what may have arrived and sends later edits after it", () =>
    signedIn((notes, backend) =>
      Effect.gen(function*() {
        yield* notes.save(draft(1, "Title", "one"))
        backend.script.push("answer lost")
        yield* Effect.flip(notes.sync)
        yield* notes.save(draft(1, "Title", "two"))
        yield* notes.save(draft(1, "Title", "three"))
        assert.strictEqual((yield* now(notes)).pending, 1)
        const { conflicts, pushed } = yield* notes.sync
        assert.deepStrictEqual({ conflicts, pushed }, { conflicts: 0, pushed: 2 })
        assert.deepStrictEqual(remote(backend), ["three"])
        assert.strictEqual(backend.notes.get(users.ada.id)?.get(noteId(1))?.version, 2)
      })
    ))

  it.effect("deletes a note whose creation may have arrived", () =>
    signedIn((notes, backend) =>
      Effect.gen(function*() {
        yield* notes.save(draft(1, "Title", "one"))
        backend.script.push("answer lost")
        yield* Effect.flip(notes.sync)
        yield* notes.remove(noteId(1))
        yield* notes.sync
        assert.deepStrictEqual(remote(backend), [undefined])
        assert.strictEqual((yield* now(notes)).pending, 0)
      })
    ))

  it.effect("sends an edit made while the request is under way with the next one", () =>
    signedIn((notes, backend) =>
      Effect.gen(function*() {
        yield* notes.save(draft(1, "Title", "one"))
        backend.during = Effect.suspend(() => {
          backend.during = Effect.void
          return Effect.asVoid(Effect.orDie(notes.save(draft(1, "Title", "two"))))
        })
        assert.strictEqual((yield* notes.sync).pushed, 2)
        assert.deepStrictEqual(remote(backend), ["two"])
      })
    ))

  it.effect("goes in batches of at most 100", () =>
    signedIn((notes, backend) =>
      Effect.gen(function*() {
        yield* Effect.forEach(
          Array.from({ length: 201 }, (_, index) => index),
          (index) => notes.save(draft(index, `Title ${index}`))
        )
        assert.strictEqual((yield* notes.sync).pushed, 201)
        assert.strictEqual(sent(backend), 3)
      })
    ))

  it.effect("parks what the backend refuses, keeps it visible, and sends it again once it was changed", () =>
    signedIn((notes, backend) =>
      Effect.gen(function*() {
        backend.refusedTitles.add("Refused")
        yield* notes.save(draft(1, "Refused", "text"))
        yield* notes.save(draft(2, "Welcome"))
        const { pushed, rejected } = yield* notes.sync
        assert.deepStrictEqual({ pushed, rejected }, { pushed: 1, rejected: 1 })
        assert.strictEqual((yield* find(notes, noteId(1)))?.synced, false)
        assert.strictEqual((yield* notes.sync).rejected, 0)
        assert.strictEqual(sent(backend), 1)
        yield* notes.save(draft(1, "Changed", "text"))
        assert.strictEqual((yield* notes.sync).pushed, 1)
        assert.strictEqual((yield* find(notes, noteId(1)))?.synced, true)
      })
    ))

  it.effect("does not let one mutation that makes the whole request wrong hold up the others", () =>
    signedIn((notes, backend) =>
      Effect.gen(function*() {
        yield* Effect.forEach([1, 2, 3], (number) => notes.save(draft(number, `Title ${number}`)))
        const wrong = new Rejected({ issues: [] })
        // The batch, its first half, and the first note.
        backend.script.push(wrong, wrong, wrong)
        const { pushed, rejected } = yield* notes.sync
        assert.deepStrictEqual({ pushed, rejected }, { pushed: 2, rejected: 1 })
        assert.strictEqual((yield* find(notes, noteId(1)))?.synced, false)
      })
    ))

  it.effect("forgets a refused note that is removed", () =>
    signedIn((notes, backend) =>
      Effect.gen(function*() {
        backend.refusedTitles.add("Refused")
        yield* notes.save(draft(1, "Refused"))
        yield* notes.sync
        yield* notes.remove(noteId(1))
        assert.strictEqual((yield* notes.sync).pushed, 0)
        assert.strictEqual((yield* now(notes)).data.length, 0)
      })
    ))
})

describe("sync", () => {
  it.effect("shows its last failure until it succeeds", () =>
    signedIn((notes, backend) =>
      Effect.gen(function*() {
        yield* notes.save(draft(1, "Title"))
        const errors = yield* notes.all.pipe(
          Stream.map(({ error }): RemoteFailure["_tag"] | undefined => error?._tag),
          Stream.changes,
          Stream.take(3),
          Stream.runCollect,
          Effect.fork
        )
        yield* Effect.repeatN(Effect.yieldNow(), 50)
        backend.script.push(new Offline())
        yield* Effect.flip(notes.sync)
        assert.strictEqual((yield* now(notes)).error?._tag, "Offline")
        yield* Effect.repeatN(Effect.yieldNow(), 50)
        yield* notes.sync
        assert.deepStrictEqual(Array.from(yield* Fiber.join(errors)), [undefined, "Offline", undefined])
      })
    ))

  it.effect("runs one at a time", () =>
    signedIn((notes, backend) =>
      Effect.gen(function*() {
        const running = { now: 0, most: 0 }
        backend.during = Effect.gen(function*() {
          running.now += 1
          running.most = Math.max(running.most, running.now)
          yield* Effect.repeatN(Effect.yieldNow(), 10)
          running.now -= 1
        })
        yield* notes.save(draft(1, "Title"))
        const reports = yield* Effect.all([notes.sync, notes.sync, notes.sync], { concurrency: 3 })
        assert.strictEqual(running.most, 1)
        assert.deepStrictEqual(reports.map(({ pushed }) => pushed).toSorted(), [0, 0, 1])
      })
    ))

  it.effect("sends nothing of one account as another", () =>
    signedIn((notes, backend) =>
      Effect.gen(function*() {
        const auth = yield* AuthRepository
        yield* notes.save(draft(1, "Ada's"))
        backend.during = Effect.asVoid(Effect.orDie(auth.login(loginRequest("grace"))))
        assert.strictEqual((yield* Effect.flip(notes.sync))._tag, "Unauthenticated")
        backend.during = Effect.void
        yield* notes.sync
        assert.isUndefined(backend.notes.get(users.grace.id)?.get(noteId(1)))
      })
    ))
})

describe("the database", () => {
  it.scoped("shows what another process saved within a quarter of a second", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "data.db")
      const here = yield* Layer.build(machine(new ScriptedBackend(), database(filename)))
      const there = Context.merge(here, yield* Layer.build(Layer.fresh(database(filename))))
      yield* Effect.provide(Effect.flatMap(AuthRepository, (auth) => auth.login(loginRequest("ada"))), here)
      const notes = yield* Effect.provide(SyncedNoteRepository.make, here)
      const others = yield* Effect.provide(SyncedNoteRepository.make, there)
      const titles = yield* Queue.unbounded<ReadonlyArray<string>>()
      yield* Effect.forkScoped(
        Stream.runForEach(notes.all, ({ data }) => titles.offer(data.map(({ title }) => title)))
      )
      assert.deepStrictEqual(yield* titles.take, [])
      yield* others.save(draft(1, "theirs"))
      yield* TestClock.adjust("250 millis")
      assert.deepStrictEqual(yield* titles.take, ["theirs"])
    }))

  it.effect("holds nothing readable", () =>
    signedIn((notes, backend) =>
      Effect.gen(function*() {
        const { sql } = yield* LocalDatabase
        backend.refusedTitles.add("canary title two")
        yield* notes.save(draft(1, "canary title one", "canary text"))
        yield* notes.save(draft(2, "canary title two", "canary text"))
        yield* notes.sync
        yield* notes.save(draft(1, "canary title three", "canary text"))
        const rows = [yield* sql`SELECT * FROM notes`, yield* sql`SELECT * FROM outbox`]
        assert.deepStrictEqual(rows.map((table) => table.length), [2, 2])
        for (const value of rows.flat().flatMap((row) => Object.values(row))) {
          const text = value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : String(value)
          assert.notInclude(text, "canary")
        }
      })
    ))

  it.effect("does not open a note in another note's place", () =>
    signedIn((notes) =>
      Effect.gen(function*() {
        const { sql } = yield* LocalDatabase
        yield* notes.save(draft(1, "one"))
        yield* notes.save(draft(2, "two"))
        yield* sql`UPDATE notes SET content = (SELECT content FROM notes WHERE note_id = ${noteId(2)})`
        const failure = yield* Effect.flip(Stream.runHead(notes.one(noteId(1))))
        assert.strictEqual(failure._tag, "DecryptionFailed")
        assert.isTrue(Option.isSome(Option.fromNullable(yield* find(notes, noteId(2)))))
      })
    ))
})
