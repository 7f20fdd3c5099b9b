import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, Fiber, TestClock } from "effect"
import type { Scope } from "effect"
import { setImmediate } from "node:timers/promises"
import { BackendApp } from "../../src/backend/BackendApp.ts"
import { BackendFaults } from "../../src/backend/faults/Fault.ts"
import { LocalDatabase } from "../../src/infrastructure/storage/local/LocalDatabase.ts"
import { assertProblem, call, grace, layer, request, signIn } from "./TestBackend.ts"

const register = (token: string, device: string, ...topics: ReadonlyArray<string>) =>
  call("PUT", `/v2/devices/${device}`, { token, body: { topics } })

const send = (token: string, title: string, topic = "news") =>
  Effect.map(call("POST", "/v2/messages", { token, body: { topic, title } }), ({ body, status }) => {
    assert.strictEqual(status, 201)
    return String(body["id"])
  })

interface Open {
  /** The next piece of the stream, undefined at its end. */
  readonly read: Effect.Effect<string | undefined>
  /** The next `count` titles. */
  readonly titles: (count: number) => Effect.Effect<ReadonlyArray<string>>
}

const messages = (
  token: string,
  device: string,
  lastEventId?: string
): Effect.Effect<Open, never, BackendApp | Scope.Scope> =>
  Effect.gen(function*() {
    const app = yield* BackendApp
    const headers = lastEventId === undefined ? {} : { "last-event-id": lastEventId }
    const response = yield* Effect.orDie(
      app.handle(request("GET", `/v2/devices/${device}/messages`, { token, headers }))
    )
    assert.strictEqual(response.status, 200)
    assert.strictEqual(response.headers.get("content-type"), "text/event-stream")
    const reader = response.body?.getReader()
    yield* Effect.addFinalizer(() => Effect.promise(async () => reader?.cancel().catch(() => undefined)))
    const decoder = new TextDecoder()
    const read = Effect.promise(async () => {
      const next = await reader?.read().catch(() => undefined)
      return next?.value === undefined ? undefined : decoder.decode(next.value)
    })
    assert.strictEqual(yield* read, ": connected\n\n")
    const titles = (count: number) =>
      Effect.gen(function*() {
        const found: Array<string> = []
        while (found.length < count) {
          const text = yield* read
          if (text === undefined) break
          for (const [, title = ""] of text.matchAll(/^data: .*"title":"([^"]*)"/gm)) found.push(title)
        }
        return found
      })
    return { read, titles }
  })

/** Returns when the stream waits for the clock, which promises between it and its reader decide. */
const asleep = Effect.repeat(
  Effect.zipRight(Effect.promise(() => setImmediate()), TestClock.sleeps()),
  { until: Chunk.isNonEmpty }
)

describe("push", () => {
  it.scoped("what was sent while the device was away comes first, then what is sent now", () =>
    Effect.gen(function*() {
      const { accessToken: token } = yield* signIn()
      yield* register(token, "d1", "news")
      yield* send(token, "while away")
      const stream = yield* messages(token, "d1")
      assert.deepStrictEqual(yield* stream.titles(1), ["while away"])
      yield* send(token, "live")
      assert.deepStrictEqual(yield* stream.titles(1), ["live"])
    }).pipe(Effect.provide(layer)))

  it.scoped("a stream resumes after the last event id, also after hundreds of messages", () =>
    Effect.gen(function*() {
      const { accessToken: token } = yield* signIn()
      yield* register(token, "d1", "news")
      const ids: Array<string> = []
      for (let message = 0; message < 120; message++) ids.push(yield* send(token, `m${message}`))
      const stream = yield* messages(token, "d1", ids[9])
      const titles = yield* stream.titles(110)
      assert.deepStrictEqual(titles, Array.from({ length: 110 }, (_, index) => `m${index + 10}`))
    }).pipe(Effect.provide(layer)))

  it.scoped("an unknown last event id starts with the oldest that waits", () =>
    Effect.gen(function*() {
      const { accessToken: token } = yield* signIn()
      yield* register(token, "d1", "news")
      yield* send(token, "a")
      const stream = yield* messages(token, "d1", "nobody knows this")
      assert.deepStrictEqual(yield* stream.titles(1), ["a"])
    }).pipe(Effect.provide(layer)))

  it.scoped("each event is a message of the wire contract under its id", () =>
    Effect.gen(function*() {
      const { accessToken: token } = yield* signIn()
      yield* register(token, "d1", "news")
      const stream = yield* messages(token, "d1")
      const id = yield* send(token, "hello")
      const event = yield* stream.read
      assert.match(event ?? "", new RegExp(`^id: ${id}\\ndata: \\{.*\\}\\n\\n$`))
      assert.include(event, `"id":"${id}"`)
      assert.include(event, `"topic":"news"`)
    }).pipe(Effect.provide(layer)))

  it.scoped("only devices of the account that subscribed to the topic get a message", () =>
    Effect.gen(function*() {
      const { accessToken: token } = yield* signIn()
      const { accessToken: other } = yield* signIn(grace)
      yield* register(token, "d1", "news")
      yield* register(token, "d2", "alerts")
      yield* register(other, "d1", "news")
      yield* send(token, "news for d1", "news")
      yield* send(token, "alert for d2", "alerts")
      yield* send(other, "news for grace", "news")
      const titles = (as: string, device: string) => Effect.flatMap(messages(as, device), (stream) => stream.titles(1))
      assert.deepStrictEqual(yield* titles(token, "d1"), ["news for d1"])
      assert.deepStrictEqual(yield* titles(token, "d2"), ["alert for d2"])
      assert.deepStrictEqual(yield* titles(other, "d1"), ["news for grace"])
    }).pipe(Effect.provide(layer)))

  it.scoped("a comment line comes after 15 quiet seconds", () =>
    Effect.gen(function*() {
      const { accessToken: token } = yield* signIn()
      yield* register(token, "d1", "news")
      const stream = yield* messages(token, "d1")
      const line = yield* Effect.fork(stream.read)
      yield* asleep
      yield* TestClock.adjust("15 seconds")
      assert.strictEqual(yield* Fiber.join(line), ": keep-alive\n\n")
    }).pipe(Effect.provide(layer)))

  it.scoped("the stream ends with the device and with the session", () =>
    Effect.gen(function*() {
      const { accessToken: token, refreshToken } = yield* signIn()
      yield* register(token, "d1", "news")
      yield* register(token, "d2", "news")
      const first = yield* messages(token, "d1")
      const second = yield* messages(token, "d2")
      const ended = yield* Effect.fork(first.read)
      assert.strictEqual((yield* call("DELETE", "/v2/devices/d1", { token })).status, 204)
      assert.isUndefined(yield* Fiber.join(ended))
      yield* call("POST", "/v2/sessions/revoke", { body: { refreshToken } })
      const alsoEnded = yield* Effect.fork(Effect.zipRight(second.read, second.read))
      yield* asleep
      yield* TestClock.adjust("15 seconds")
      assert.isUndefined(yield* Fiber.join(alsoEnded))
    }).pipe(Effect.provide(layer)))

  it.scoped("a device that is not registered has no stream", () =>
    Effect.gen(function*() {
      const { accessToken: token } = yield* signIn()
      assertProblem(yield* call("GET", "/v2/devices/d1/messages", { token }), 404)
      yield* register(token, "d1")
      yield* call("DELETE", "/v2/devices/d1", { token })
      assertProblem(yield* call("GET", "/v2/devices/d1/messages", { token }), 404)
      assert.strictEqual((yield* call("DELETE", "/v2/devices/d1", { token })).status, 204)
    }).pipe(Effect.provide(layer)))

  it.effect("registering again keeps the date and replaces the topics", () =>
    Effect.gen(function*() {
      const { accessToken: token } = yield* signIn()
      const first = yield* register(token, "d1", "news")
      yield* TestClock.adjust("1 minute")
      const second = yield* register(token, "d1", "alerts")
      assert.strictEqual(String(second.body["registeredAt"]), String(first.body["registeredAt"]))
      assert.deepStrictEqual(second.body["topics"] as unknown, ["alerts"])
    }).pipe(Effect.provide(layer)))

  it.effect("messages wait for seven days and among the newest thousand, sealed", () =>
    Effect.gen(function*() {
      const { accessToken: token, userId } = yield* signIn()
      yield* register(token, "d1", "news")
      yield* send(token, "plain words")
      const { sql } = yield* LocalDatabase
      const waiting = sql<{ readonly sequence: number; readonly sealed_title: Uint8Array }>`SELECT * FROM push_messages`
      const [row] = yield* waiting
      assert.notInclude(Buffer.from(row?.sealed_title ?? []).toString("latin1"), "plain words")
      yield* sql`WITH RECURSIVE many (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < 1100)
        INSERT INTO push_messages (account_id, device_id, message_id, topic, sealed_title, sent_at)
        SELECT ${userId}, 'd1', 'old-' || n, 'news', x'00', 0 FROM many`
      yield* send(token, "newest")
      assert.lengthOf(yield* waiting, 1000)
      yield* TestClock.adjust("7 days")
      yield* send((yield* signIn()).accessToken, "next week")
      assert.lengthOf(yield* waiting, 1)
    }).pipe(Effect.provide(layer)))

  it.scoped("cut connections break the stream, and it can be resumed", () =>
    Effect.gen(function*() {
      const { apply } = yield* BackendFaults
      const { accessToken: token } = yield* signIn()
      yield* register(token, "d1", "news")
      const stream = yield* messages(token, "d1")
      const id = yield* send(token, "a")
      yield* stream.titles(1)
      const broken = yield* Effect.fork(stream.read)
      yield* apply({ _tag: "Cut" })
      assert.isUndefined(yield* Fiber.join(broken))
      yield* apply({ _tag: "Restore" })
      yield* send(token, "b")
      assert.deepStrictEqual(yield* Effect.flatMap(messages(token, "d1", id), (again) => again.titles(1)), ["b"])
    }).pipe(Effect.provide(layer)))
})
