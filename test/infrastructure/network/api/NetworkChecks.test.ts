import { assert, describe, it } from "@effect/vitest"
import { Array, DateTime, Effect, Fiber, Layer, TestClock } from "effect"
import type { Check } from "../../../../src/domain/operations/Check.ts"
import * as MemoryBackend from "../../../../src/infrastructure/environments/MemoryBackend.ts"
import * as NetworkChecks from "../../../../src/infrastructure/network/api/NetworkChecks.ts"
import { ConnectionRefused } from "../../../../src/infrastructure/network/api/transport/MemoryServer.ts"
import * as MemoryTransport from "../../../../src/infrastructure/network/api/transport/MemoryTransport.ts"
import { origin } from "../Apis.ts"
import * as ScriptedServer from "../ScriptedServer.ts"

const probe = Effect.gen(function*() {
  const { check } = yield* NetworkChecks.backend
  const fiber = yield* Effect.fork(check)
  yield* TestClock.adjust("10 seconds")
  return Array.ensure(yield* Fiber.join(fiber)) as ReadonlyArray<Check>
})

const checks = (answer: Parameters<typeof ScriptedServer.make>[0]) => {
  const server = ScriptedServer.make(answer)
  return Effect.gen(function*() {
    yield* TestClock.setTime(Date.UTC(2026, 0, 1))
    const found = yield* probe
    assert.isTrue(server.requests.every(({ headers }) => headers["authorization"] === undefined))
    assert.isTrue(server.requests.every(({ method }) => method === "GET"))
    return found
  }).pipe(Effect.provide(Layer.merge(MemoryTransport.layer.pipe(Layer.provide(server.layer)), origin)))
}

const at = "Thu, 01 Jan 2026 00:00:05 GMT"
const refused = (headers: Readonly<Record<string, string>> = {}) =>
  ScriptedServer.json(401, {}, { date: at, ...headers })

const statuses = Effect.map((found: ReadonlyArray<Check>) => found.map(({ name, status }) => `${name}: ${status}`))

/** What is found about the profile when its versions answer so. */
const profile = (answers: Readonly<Record<"v2" | "v1", () => Response>>) =>
  Effect.map(
    checks(({ url: { pathname } }) => pathname === "/v1/profile" ? answers.v1() : answers.v2()),
    (found) => found.find(({ name }) => name === "api version of profile")
  )

const gone = () => new Response(null, { status: 410 })

const until = (date: string) => ({
  deprecation: "@1735689600",
  sunset: DateTime.toDateUtc(DateTime.unsafeMake(date)).toUTCString()
})

describe("NetworkChecks", () => {
  it.effect("find nothing wrong with a backend that answers, even with a refusal", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* statuses(checks(() => refused())), [
        "backend: ok",
        "clock: ok",
        "api version of profile: ok",
        "api version of notes: ok",
        "api versions not asked for: ok"
      ])
    }))

  it.effect("say when the backend does not answer, or not in time", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* statuses(checks(() => new ConnectionRefused())), ["backend: failed"])
      assert.deepStrictEqual(yield* statuses(checks(() => Effect.never)), ["backend: failed"])
    }))

  it.effect("warn about a wrong clock", () =>
    Effect.gen(function*() {
      const found = yield* statuses(checks(() => refused({ date: "Thu, 01 Jan 2026 01:00:00 GMT" })))
      assert.include(found, "clock: warning")
    }))

  it.effect("list the version in use, older ones and those that are gone", () =>
    Effect.gen(function*() {
      const old = () => refused(until("2027-12-31T23:59:59Z"))
      assert.strictEqual(
        (yield* profile({ v2: () => refused(), v1: old }))?.detail,
        "v2 in use; also served: v1 (deprecated since 2025-01-01, ends on 2027-12-31)"
      )
      assert.strictEqual((yield* profile({ v2: () => refused(), v1: gone }))?.detail, "v2 in use; not served: v1")
      const fallenBack = yield* profile({ v2: gone, v1: () => refused() })
      assert.strictEqual(fallenBack?.detail, "v1 in use; not served: v2")
      assert.strictEqual(fallenBack?.status, "warning")
      const none = yield* profile({ v2: gone, v1: gone })
      assert.strictEqual(none?.detail, "The backend does not serve v2, v1")
      assert.strictEqual(none?.status, "failed")
      assert.isDefined(none?.fix)
    }))

  it.effect("warn while the end of the version in use is far, and fail when it is near or over", () =>
    Effect.gen(function*() {
      const status = (headers: Readonly<Record<string, string>>) =>
        Effect.map(profile({ v2: () => refused(headers), v1: () => refused() }), (check) => check?.status)
      assert.strictEqual(yield* status({ deprecation: "@1735689600" }), "warning")
      assert.strictEqual(yield* status(until("2026-02-01T00:00:00Z")), "warning")
      assert.strictEqual(yield* status(until("2026-01-30T00:00:00Z")), "failed")
      assert.strictEqual(yield* status(until("2025-12-31T00:00:00Z")), "failed")
      assert.strictEqual(yield* status({ deprecation: "soon" }), "warning")
      const ended = yield* profile({ v2: () => refused(until("2025-12-31T00:00:00Z")), v1: () => refused() })
      assert.include(ended?.detail, "v2 (deprecated since 2025-01-01, ended on 2025-12-31) in use")
      const malformed = yield* profile({ v2: () => refused({ deprecation: "\u001b[31m" }), v1: () => refused() })
      assert.strictEqual(malformed?.detail, "v2 (malformed deprecation) in use; also served: v1")
    }))

  it.effect("read the versions of the embedded backend and when they end", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(Date.UTC(2026, 10, 22))
      const found = yield* probe
      const details = Object.fromEntries(found.map(({ detail, name, status }) => [name, `${status}: ${detail}`]))
      assert.strictEqual(
        details["api version of profile"],
        "ok: v2 in use; also served: v1 (deprecated since 2026-01-01, ends on 2027-12-31)"
      )
      assert.strictEqual(details["api version of notes"], "ok: v2 in use")
      assert.strictEqual(
        details["api versions not asked for"],
        "ok: sessions v2; devices v2; messages v2; batch v1"
      )
      yield* TestClock.setTime(Date.UTC(2028, 0, 1))
      const later = (yield* probe).find(({ name }) => name === "api version of profile")
      assert.strictEqual(later?.detail, "v2 in use; not served: v1")
    }).pipe(Effect.provide(Layer.merge(MemoryTransport.layer.pipe(Layer.provide(MemoryBackend.layer)), origin))))
})
