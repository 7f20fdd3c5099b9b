import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { randomUUID } from "node:crypto"
import { EventStore } from "../../src/backend/store/EventStore.ts"
import { LocalDatabase } from "../../src/infrastructure/storage/local/LocalDatabase.ts"
import { assertProblem, call, layer, writeKey } from "./TestBackend.ts"

const event = (name: string, messageId: string = randomUUID()) => ({
  type: "track",
  messageId,
  anonymousId: "anonymous",
  event: name,
  properties: { count: 1 },
  timestamp: "2026-01-01T00:00:00.000Z"
})

const basic = (key: string) => ({ authorization: `Basic ${Buffer.from(`${key}:`).toString("base64")}` })

const send = (events: ReadonlyArray<unknown>, headers = basic(writeKey)) =>
  call("POST", "/v1/batch", { headers, body: { batch: events, sentAt: "2026-01-01T00:00:00.000Z" } })

const names = Effect.flatMap(
  EventStore,
  (store) => Effect.map(store.newest(20_000), (events) => events.map((each) => each.event))
)

describe("analytics", () => {
  it.effect("keeps each event once, over batches", () =>
    Effect.gen(function*() {
      const repeated = event("a")
      assert.strictEqual((yield* send([repeated, event("b"), repeated])).status, 200)
      yield* send([repeated, event("c")])
      assert.deepStrictEqual(yield* names, ["a", "b", "c"])
    }).pipe(Effect.provide(layer)))

  it.effect("refuses a wrong write key and keeps nothing", () =>
    Effect.gen(function*() {
      for (const headers of [basic("wrong"), basic(""), { authorization: `Bearer ${writeKey}` }]) {
        const reply = yield* send([event("a")], headers)
        assertProblem(reply, 401)
        assert.strictEqual(reply.headers.get("www-authenticate"), "Basic")
      }
      assert.deepStrictEqual(yield* names, [])
    }).pipe(Effect.provide(layer)))

  it.effect("refuses a malformed batch without telling made-up keys", () =>
    Effect.gen(function*() {
      const reply = yield* send([{ ...event("a"), properties: { "my secret key!": {} } }])
      assertProblem(reply, 422)
      assert.notInclude(reply.text, "secret")
      assert.deepStrictEqual(yield* names, [])
    }).pipe(Effect.provide(layer)))

  it.effect("keeps the newest 10 000", () =>
    Effect.gen(function*() {
      const { sql } = yield* LocalDatabase
      yield* sql`WITH RECURSIVE many (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < 10000)
        INSERT INTO analytics_events (message_id, event, received_at) SELECT 'old-' || n, '{}', 0 FROM many`
      yield* send([event("a"), event("b")])
      const kept = yield* sql<
        { readonly message_id: string }
      >`SELECT message_id FROM analytics_events ORDER BY sequence`
      assert.lengthOf(kept, 10_000)
      assert.strictEqual(kept[0]?.message_id, "old-3")
    }).pipe(Effect.provide(layer)))
})
