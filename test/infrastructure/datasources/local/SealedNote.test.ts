import { assert, describe, it } from "@effect/vitest"
import { Effect, Logger, Stream } from "effect"
import { LocalDatabase } from "../../../../src/infrastructure/storage/local/LocalDatabase.ts"
import { draft, find, noteId, now } from "../../../../src/testing/contract/NoteRepositoryContract.ts"
import { users } from "../../../support/ScriptedBackend.ts"
import { signedIn, signedInDevice } from "../devices.ts"

/** One byte of each sealed content that `where` names. */
const damage = (table: "notes" | "outbox", id: string) =>
  Effect.gen(function*() {
    const { sql } = yield* LocalDatabase
    const rows = yield* sql<{ readonly content: Uint8Array }>`SELECT content FROM ${sql(table)} WHERE note_id = ${id}`
    const content = Uint8Array.from(rows[0]?.content ?? [])
    content[content.length - 1] = (content[content.length - 1] ?? 0) ^ 1
    yield* sql`UPDATE ${sql(table)} SET content = ${content} WHERE note_id = ${id}`
  })

/** The warnings of what `effect` does. */
const warnings = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.suspend(() => {
    const told: Array<string> = []
    const logger = Logger.make(({ logLevel, message }) => {
      if (logLevel._tag === "Warning") told.push(JSON.stringify(message))
    })
    return Effect.as(Effect.provide(effect, Logger.replace(Logger.defaultLogger, logger)), told)
  })

describe("a damaged row", () => {
  it.effect("of a note hides this note alone, tells so once, and is kept", () =>
    signedIn((notes) =>
      Effect.gen(function*() {
        const { sql } = yield* LocalDatabase
        yield* notes.save(draft(1, "canary one"))
        yield* notes.save(draft(2, "two"))
        yield* notes.sync
        yield* damage("notes", noteId(1))
        const told = yield* warnings(Effect.gen(function*() {
          assert.deepStrictEqual((yield* now(notes)).data.map(({ title }) => title), ["two"])
          assert.deepStrictEqual((yield* now(notes)).data.map(({ title }) => title), ["two"])
        }))
        assert.strictEqual(told.length, 1)
        assert.notInclude(told[0], "canary")
        assert.strictEqual((yield* Effect.flip(Stream.runHead(notes.one(noteId(1)))))._tag, "DecryptionFailed")
        assert.strictEqual((yield* sql`SELECT * FROM notes`).length, 2)
      })
    ))

  it.effect("of the outbox is parked and holds up no other", () =>
    signedIn((notes, backend) =>
      Effect.gen(function*() {
        const { sql } = yield* LocalDatabase
        yield* notes.save(draft(1, "canary one", "one"))
        yield* notes.save(draft(2, "two", "two"))
        yield* damage("outbox", noteId(1))
        const told = yield* warnings(Effect.gen(function*() {
          const { pushed, rejected } = yield* notes.sync
          assert.deepStrictEqual({ pushed, rejected }, { pushed: 1, rejected: 1 })
          assert.strictEqual((yield* notes.sync).rejected, 0)
        }))
        assert.strictEqual(told.length, 1)
        assert.notInclude(told[0], "canary")
        assert.deepStrictEqual(
          Array.from(backend.notes.get(users.ada.id)?.values() ?? [], ({ content }) => content?.text),
          ["two"]
        )
        assert.strictEqual((yield* find(notes, noteId(1)))?.synced, false)
        assert.strictEqual((yield* sql`SELECT * FROM outbox WHERE status = 'rejected'`).length, 1)
        yield* notes.save(draft(1, "canary one", "mended"))
        yield* notes.sync
        assert.strictEqual((yield* find(notes, noteId(1)))?.synced, true)
      })
    ))

  it.effect("that is alone in the outbox sends nothing", () =>
    signedIn((notes, backend) =>
      Effect.gen(function*() {
        yield* notes.save(draft(1, "one"))
        yield* damage("outbox", noteId(1))
        assert.strictEqual((yield* notes.sync).rejected, 1)
        assert.strictEqual(backend.calls.filter((name) => name === "notes.mutate").length, 0)
      })
    ))

  it.scoped("whose note meets a newer remote version is parked, and stops no sync", () =>
    signedIn((notes, backend) =>
      Effect.gen(function*() {
        const other = yield* signedInDevice(backend)
        yield* notes.save(draft(1, "one", "first"))
        yield* notes.sync
        yield* other.sync
        yield* other.save(draft(1, "one", "theirs"))
        yield* other.save(draft(2, "two", "theirs"))
        yield* other.sync
        yield* notes.save(draft(1, "one", "mine"))
        yield* damage("notes", noteId(1))
        const { pulled, rejected } = yield* notes.sync
        assert.deepStrictEqual({ pulled, rejected }, { pulled: 1, rejected: 1 })
        assert.strictEqual((yield* find(notes, noteId(2)))?.text, "theirs")
      })
    ))
})
