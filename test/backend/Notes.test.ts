import { assert, describe, it } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import { randomUUID } from "node:crypto"
import { LocalDatabase } from "../../src/infrastructure/storage/local/LocalDatabase.ts"
import { assertProblem, call, grace, layer, signIn } from "./TestBackend.ts"

interface Change {
  readonly noteId: string
  readonly version: number
  readonly content: { readonly title: string; readonly text: string } | null
}

interface Page {
  readonly changes: ReadonlyArray<Change>
  readonly cursor: string
  readonly more: boolean
  readonly reset: boolean
}

interface Result {
  readonly _tag: string
  readonly mutationId: string
  readonly version?: number
  readonly current?: Change
}

const put = (noteId: string, baseVersion: number, text: string, mutationId: string = randomUUID()) => ({
  _tag: "Put",
  mutationId,
  noteId,
  baseVersion,
  title: "Title",
  text
})
const remove = (noteId: string, baseVersion: number) => ({
  _tag: "Delete",
  mutationId: randomUUID(),
  noteId,
  baseVersion
})

const mutate = (token: string, ...mutations: ReadonlyArray<unknown>) =>
  Effect.map(call("POST", "/v2/notes/mutations", { token, body: { mutations } }), ({ body, status }) => {
    assert.strictEqual(status, 200)
    return body["results"] as unknown as ReadonlyArray<Result>
  })

const changes = (token: string, cursor?: string) =>
  Effect.map(
    call("GET", `/v2/notes/changes${cursor === undefined ? "" : `?cursor=${encodeURIComponent(cursor)}`}`, { token }),
    ({ body, status }) => {
      assert.strictEqual(status, 200)
      return body as unknown as Page
    }
  )

describe("notes", () => {
  it.effect("what was put comes back as a change, newest last", () =>
    Effect.gen(function*() {
      const { accessToken: token } = yield* signIn()
      const [first, second] = [randomUUID(), randomUUID()]
      yield* mutate(token, put(first, 0, "one"), put(second, 0, "two"))
      yield* mutate(token, put(first, 1, "one again"))
      const page = yield* changes(token)
      assert.deepStrictEqual(page.changes.map(({ noteId, version }) => [noteId, version]), [[second, 1], [first, 2]])
      assert.deepStrictEqual(page.changes[1]?.content, { title: "Title", text: "one again" })
      assert.isFalse(page.more)
      assert.isFalse(page.reset)
      assert.deepStrictEqual((yield* changes(token, page.cursor)).changes, [])
    }).pipe(Effect.provide(layer)))

  it.effect("a repeated mutation is applied once and answered the same", () =>
    Effect.gen(function*() {
      const { accessToken: token } = yield* signIn()
      const mutation = put(randomUUID(), 0, "once")
      const first = yield* mutate(token, mutation)
      const { cursor } = yield* changes(token)
      assert.deepStrictEqual(yield* mutate(token, mutation), first)
      assert.deepStrictEqual((yield* changes(token, cursor)).changes, [])
    }).pipe(Effect.provide(layer)))

  it.effect("the same idempotency key of another account is another mutation", () =>
    Effect.gen(function*() {
      const { accessToken: ada } = yield* signIn()
      const { accessToken: other } = yield* signIn(grace)
      const mutation = put(randomUUID(), 0, "mine")
      yield* mutate(ada, mutation)
      yield* mutate(other, { ...mutation, text: "theirs" })
      assert.strictEqual((yield* changes(other)).changes[0]?.content?.text, "theirs")
      assert.strictEqual((yield* changes(ada)).changes[0]?.content?.text, "mine")
    }).pipe(Effect.provide(layer)))

  it.effect("a change made on an older version conflicts, and the others of the request are applied", () =>
    Effect.gen(function*() {
      const { accessToken: token } = yield* signIn()
      const [contested, free] = [randomUUID(), randomUUID()]
      yield* mutate(token, put(contested, 0, "a"))
      yield* mutate(token, put(contested, 1, "b"))
      const [conflict, applied] = yield* mutate(token, put(contested, 1, "c"), put(free, 0, "d"))
      assert.strictEqual(conflict?._tag, "Conflict")
      assert.strictEqual(conflict?.current?.version, 2)
      assert.strictEqual(conflict?.current?.content?.text, "b")
      assert.strictEqual(applied?._tag, "Applied")
    }).pipe(Effect.provide(layer)))

  it.effect("writing what is there already is no conflict", () =>
    Effect.gen(function*() {
      const { accessToken: token } = yield* signIn()
      const note = randomUUID()
      yield* mutate(token, put(note, 0, "same"))
      const [result] = yield* mutate(token, put(note, 0, "same"))
      assert.deepInclude(result, { _tag: "Applied", version: 1 })
    }).pipe(Effect.provide(layer)))

  it.effect("a deleted note is a tombstone, deleting it again changes nothing, and writing over it conflicts", () =>
    Effect.gen(function*() {
      const { accessToken: token } = yield* signIn()
      const note = randomUUID()
      yield* mutate(token, put(note, 0, "short life"))
      yield* mutate(token, remove(note, 1))
      const page = yield* changes(token)
      assert.deepInclude(page.changes[0], { noteId: note, version: 2, content: null })
      assert.deepInclude((yield* mutate(token, remove(note, 1)))[0], { _tag: "Applied", version: 2 })
      assert.deepStrictEqual((yield* changes(token, page.cursor)).changes, [])
      const [late] = yield* mutate(token, put(note, 1, "too late"))
      assert.strictEqual(late?._tag, "Conflict")
      assert.isNull(late?.current?.content)
    }).pipe(Effect.provide(layer)))

  it.effect("250 changes come in pages of at most 100, each once", () =>
    Effect.gen(function*() {
      const { accessToken: token } = yield* signIn()
      const ids = Array.from({ length: 250 }, () => randomUUID() as string)
      for (let start = 0; start < 250; start += 100) {
        yield* mutate(token, ...ids.slice(start, start + 100).map((id) => put(id, 0, "x")))
      }
      const pages: Array<Page> = [yield* changes(token)]
      while (pages.at(-1)?.more === true) pages.push(yield* changes(token, pages.at(-1)?.cursor))
      assert.deepStrictEqual(pages.map((page) => page.changes.length), [100, 100, 50])
      assert.deepStrictEqual(pages.flatMap((page) => page.changes.map(({ noteId }) => noteId)), ids)
    }).pipe(Effect.provide(layer)))

  it.effect("large notes make smaller pages, at least one note each", () =>
    Effect.gen(function*() {
      const { accessToken: token } = yield* signIn()
      const text = "x".repeat(1_000_000)
      for (let note = 0; note < 6; note++) yield* mutate(token, put(randomUUID(), 0, text))
      const page = yield* changes(token)
      assert.isTrue(page.more)
      assert.isAbove(page.changes.length, 0)
      assert.lengthOf((yield* changes(token, page.cursor)).changes, 6 - page.changes.length)
    }).pipe(Effect.provide(layer)))

  it.effect("a cursor from another history or of another form starts over and says so", () =>
    Effect.gen(function*() {
      const { accessToken: token } = yield* signIn()
      const { accessToken: other } = yield* signIn(grace)
      yield* mutate(token, put(randomUUID(), 0, "a"))
      const foreign = (yield* changes(other)).cursor
      for (const cursor of [foreign, "not a cursor", ""]) {
        const page = yield* changes(token, cursor)
        assert.isTrue(page.reset)
        assert.lengthOf(page.changes, 1)
        assert.isFalse((yield* changes(token, page.cursor)).reset)
      }
    }).pipe(Effect.provide(layer)))

  it.effect("a base version the backend has never seen is accepted and stays ahead", () =>
    Effect.gen(function*() {
      const { accessToken: token } = yield* signIn()
      const [result] = yield* mutate(token, put(randomUUID(), 7, "from before"))
      assert.deepInclude(result, { _tag: "Applied", version: 8 })
    }).pipe(Effect.provide(layer)))

  it.effect("an idempotency key is forgotten after 30 days", () =>
    Effect.gen(function*() {
      const note = randomUUID()
      const mutation = put(note, 0, "a")
      const first = yield* signIn()
      yield* mutate(first.accessToken, mutation)
      yield* TestClock.adjust("31 days")
      const { accessToken: token } = yield* signIn()
      yield* mutate(token, put(note, 1, "b"))
      assert.strictEqual((yield* mutate(token, mutation))[0]?._tag, "Conflict")
    }).pipe(Effect.provide(layer)))

  it.effect("a malformed mutation is refused by field name, never by value", () =>
    Effect.gen(function*() {
      const { accessToken: token } = yield* signIn()
      const reply = yield* call("POST", "/v2/notes/mutations", {
        token,
        body: { mutations: [{ ...put("secret-note-id", 0, "secret text"), title: 42 }] }
      })
      assertProblem(reply, 422)
      assert.include(reply.text, "mutations.0.noteId")
      assert.notInclude(reply.text, "secret")
    }).pipe(Effect.provide(layer)))

  it.effect("note text is sealed in the database", () =>
    Effect.gen(function*() {
      const { accessToken: token } = yield* signIn()
      yield* mutate(token, put(randomUUID(), 0, "the plain words"))
      const { sql } = yield* LocalDatabase
      const [row] = yield* sql<{ readonly sealed: Uint8Array }>`SELECT sealed FROM notes`
      const sealed = Buffer.from(row?.sealed ?? []).toString("latin1")
      assert.isAbove(sealed.length, 0)
      assert.notInclude(sealed, "plain words")
    }).pipe(Effect.provide(layer)))

  it.effect("a sealed note moved to another row does not open", () =>
    Effect.gen(function*() {
      const { accessToken: token } = yield* signIn()
      yield* mutate(token, put(randomUUID(), 0, "a"))
      const { sql } = yield* LocalDatabase
      yield* sql`UPDATE notes SET note_id = ${randomUUID()}`
      assertProblem(yield* call("GET", "/v2/notes/changes", { token }), 503)
    }).pipe(Effect.provide(layer)))
})
