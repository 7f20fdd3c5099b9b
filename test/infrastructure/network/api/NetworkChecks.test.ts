import { assert, describe, it } from "@effect/vitest"
import { Array, Effect, Fiber, Layer, TestClock } from "effect"
import * as NetworkChecks from "../../../../src/infrastructure/network/api/NetworkChecks.ts"
import { ConnectionRefused } from "../../../../src/infrastructure/network/api/transport/MemoryServer.ts"
import * as MemoryTransport from "../../../../src/infrastructure/network/api/transport/MemoryTransport.ts"
import { origin } from "../Apis.ts"
import * as ScriptedServer from "../ScriptedServer.ts"

const check = (answer: Parameters<typeof ScriptedServer.make>[0]) => {
  const server = ScriptedServer.make(answer)
  return Effect.gen(function*() {
    yield* TestClock.setTime(Date.UTC(2026, 0, 1))
    const probe = yield* NetworkChecks.backend
    const fiber = yield* Effect.fork(probe.check)
    yield* TestClock.adjust("10 seconds")
    const checks = Array.ensure(yield* Fiber.join(fiber))
    assert.isTrue(server.requests.every(({ headers }) => headers["authorization"] === undefined))
    return checks.map(({ name, status }) => `${name}: ${status}`)
  }).pipe(Effect.provide(Layer.merge(MemoryTransport.layer.pipe(Layer.provide(server.layer)), origin)))
}

const at = "Thu, 01 Jan 2026 00:00:05 GMT"

describe("NetworkChecks", () => {
  it.effect("find nothing wrong with a backend that answers, even with a refusal", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* check(() => ScriptedServer.json(401, {}, { date: at })), [
        "backend: ok",
        "clock: ok",
        "api version: ok"
      ])
    }))

  it.effect("say when the backend does not answer, or not in time", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* check(() => new ConnectionRefused()), ["backend: failed"])
      assert.deepStrictEqual(yield* check(() => Effect.never), ["backend: failed"])
    }))

  it.effect("warn about a wrong clock, a deprecated version and one that is gone", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(
        yield* check(() => ScriptedServer.json(401, {}, { date: "Thu, 01 Jan 2026 01:00:00 GMT", deprecation: "@1" })),
        ["backend: ok", "clock: warning", "api version: warning"]
      )
      assert.deepStrictEqual(yield* check(() => new Response(null, { status: 410 })), [
        "backend: ok",
        "clock: warning",
        "api version: failed"
      ])
    }))
})
