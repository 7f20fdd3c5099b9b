import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Fiber, Logger, TestClock } from "effect"
import { UserId } from "../../../../src/domain/auth/User.ts"
import { Topic } from "../../../../src/domain/push/PushMessage.ts"
import { ApiClient } from "../../../../src/infrastructure/network/api/ApiClient.ts"
import { onBehalfOf } from "../../../../src/infrastructure/network/api/CallOptions.ts"
import { repeatable } from "../../../../src/infrastructure/network/api/CallOptions.ts"
import { ConnectionCut, ConnectionRefused } from "../../../../src/infrastructure/network/api/transport/MemoryServer.ts"
import * as Apis from "../Apis.ts"
import { failureOf, getProfile, ok, post, put, run } from "../Calls.ts"
import * as ScriptedServer from "../ScriptedServer.ts"
import * as ScriptedTokens from "../ScriptedTokens.ts"

describe("PipelineApiClient", () => {
  it.effect("signs a request, sends it to the backend, and decodes the answer", () =>
    Effect.gen(function*() {
      const { requests, result } = yield* run(ok, getProfile)
      assert.strictEqual(result._tag, "Right")
      assert.strictEqual(requests.length, 1)
      assert.strictEqual(requests[0]?.url.href, "http://api.test:8080/v2/profile")
      assert.strictEqual(requests[0]?.headers["authorization"], "Bearer token-1")
    }))

  it.effect("sends the same body again until the backend can answer", () =>
    Effect.gen(function*() {
      const { requests, result } = yield* run(
        (_, index) =>
          index < 3
            ? ScriptedServer.json(503, {})
            : ScriptedServer.json(200, {
              deviceId: "device-7",
              topics: ["news"],
              registeredAt: "2026-01-01T00:00:00Z"
            }),
        put
      )
      assert.strictEqual(result._tag, "Right")
      assert.strictEqual(requests.length, 4)
      assert.deepStrictEqual(new Set(requests.map(({ body }) => body)), new Set(["{\"topics\":[\"news\"]}"]))
    }))

  it.effect("gives up after four attempts", () =>
    Effect.gen(function*() {
      const outcome = yield* run(() => ScriptedServer.json(503, {}, { "retry-after": "7" }), getProfile)
      assert.strictEqual(outcome.requests.length, 4)
      const failure = failureOf(outcome)
      assert.isTrue(failure?._tag === "Unavailable" && Duration.equals(failure.retryAfter ?? 0, "7 seconds"))
    }))

  it.effect("sends a POST once unless it is marked repeatable or nothing was done", () =>
    Effect.gen(function*() {
      const once = yield* run(() => ScriptedServer.json(503, {}), post)
      assert.strictEqual(once.requests.length, 1)
      const marked = yield* run(() => ScriptedServer.json(503, {}), post, repeatable)
      assert.strictEqual(marked.requests.length, 4)
      const limited = yield* run(() => ScriptedServer.json(429, {}), post)
      assert.strictEqual(limited.requests.length, 4)
      const refused = yield* run(() => new ConnectionRefused(), post)
      assert.strictEqual(refused.requests.length, 4)
    }))

  it.effect("says what became of a request whose answer was lost", () =>
    Effect.gen(function*() {
      const get = yield* run(() => new ConnectionCut(), getProfile)
      assert.strictEqual(failureOf(get)?._tag, "Unavailable")
      assert.strictEqual(get.requests.length, 4)
      const unsafe = yield* run(() => new ConnectionCut(), post)
      assert.strictEqual(failureOf(unsafe)?._tag, "OutcomeUnknown")
      assert.strictEqual(unsafe.requests.length, 1)
      const marked = yield* run(() => new ConnectionCut(), post, repeatable)
      assert.strictEqual(failureOf(marked)?._tag, "Unavailable")
      const refused = yield* run(() => new ConnectionRefused(), getProfile)
      assert.strictEqual(failureOf(refused)?._tag, "Offline")
      assert.strictEqual(refused.connectivity, "offline")
      assert.strictEqual(get.connectivity, "online")
    }))

  it.effect("bounds each attempt, and all of them together", () =>
    Effect.gen(function*() {
      const get = yield* run(() => Effect.never, getProfile)
      assert.strictEqual(failureOf(get)?._tag, "Unavailable")
      assert.include([2, 3], get.requests.length)
      const unsafe = yield* run(() => Effect.never, post)
      assert.strictEqual(failureOf(unsafe)?._tag, "OutcomeUnknown")
      assert.strictEqual(unsafe.requests.length, 1)
    }))

  it.effect("bounds a body that never ends", () =>
    Effect.gen(function*() {
      const outcome = yield* run(() => new Response(new ReadableStream()), getProfile)
      assert.strictEqual(failureOf(outcome)?._tag, "Unavailable")
      assert.include([2, 3], outcome.requests.length)
    }))

  it.effect("bounds an event stream in place of the answer", () =>
    Effect.gen(function*() {
      for (const status of [200, 503]) {
        const headers = { "content-type": "text/event-stream" }
        const outcome = yield* run(() => new Response(new ReadableStream(), { status, headers }), getProfile)
        assert.strictEqual(failureOf(outcome)?._tag, "Unavailable")
        assert.include([2, 3], outcome.requests.length)
      }
    }))

  it.effect("waits as long as the backend asks, and not at all when it asks for too long", () => {
    const server = ScriptedServer.make((_, index) =>
      index === 0 ? ScriptedServer.json(503, {}, { "retry-after": "20" }) : ok()
    )
    return Effect.gen(function*() {
      const { call } = yield* ApiClient
      const fiber = yield* Effect.fork(call(getProfile))
      yield* TestClock.adjust("19 seconds")
      assert.strictEqual(server.requests.length, 1)
      yield* TestClock.adjust("4 seconds")
      assert.strictEqual(server.requests.length, 2)
      assert.strictEqual((yield* Fiber.join(fiber)).displayName, "Ada")
      const tooLong = yield* run(() => ScriptedServer.json(429, {}, { "retry-after": "3600" }), getProfile)
      assert.strictEqual(tooLong.requests.length, 1)
      const failure = failureOf(tooLong)
      assert.isTrue(failure?._tag === "RateLimited" && Duration.equals(failure.retryAfter, "1 hour"))
    }).pipe(Effect.provide(Apis.layer(server.layer, ScriptedTokens.make().layer)))
  })

  it.effect("sends nothing more after an interruption during the backoff", () => {
    const server = ScriptedServer.make(() => ScriptedServer.json(503, {}, { "retry-after": "10" }))
    return Effect.gen(function*() {
      const { call } = yield* ApiClient
      const fiber = yield* Effect.fork(call(getProfile))
      yield* TestClock.adjust("0 millis")
      assert.strictEqual(server.requests.length, 1)
      yield* Fiber.interrupt(fiber)
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(server.requests.length, 1)
    }).pipe(Effect.provide(Apis.layer(server.layer, ScriptedTokens.make().layer)))
  })

  it.effect("asks once more with new credentials after a 401, and no more than once", () =>
    Effect.gen(function*() {
      const renewed = yield* run(
        ({ headers }) => headers["authorization"] === "Bearer token-1" ? ScriptedServer.json(401, {}) : ok(),
        getProfile
      )
      assert.strictEqual(renewed.result._tag, "Right")
      assert.deepStrictEqual(renewed.tokens.rejected, [1])
      const hopeless = yield* run(() => ScriptedServer.json(401, {}), getProfile)
      assert.strictEqual(failureOf(hopeless)?._tag, "Unauthenticated")
      assert.strictEqual(hopeless.requests.length, 2)
      const scope = yield* run(
        () => ScriptedServer.json(401, {}, { "www-authenticate": "Bearer error=\"insufficient_scope\"" }),
        getProfile
      )
      assert.strictEqual(scope.requests.length, 1)
    }))

  for (const status of [503, 401]) {
    it.effect(`sends nothing more as another account that signed in after a ${status}`, () => {
      let user = "ada"
      const tokens = ScriptedTokens.make({ user: () => user })
      const server = ScriptedServer.make((_, index) => {
        user = "grace"
        return index === 0 ? ScriptedServer.json(status, {}) : ok()
      })
      return Effect.gen(function*() {
        const { call } = yield* ApiClient
        const fiber = yield* Effect.fork(Effect.flip(call(getProfile)))
        yield* TestClock.adjust("10 minutes")
        assert.strictEqual((yield* Fiber.join(fiber))._tag, "Unauthenticated")
        assert.strictEqual(server.requests.length, 1)
      }).pipe(Effect.provide(Apis.layer(server.layer, tokens.layer)))
    })
  }

  it.effect("sends nothing on behalf of an account that is not signed in", () =>
    Effect.gen(function*() {
      const other = yield* run(ok, getProfile, onBehalfOf(UserId.make("grace")))
      assert.strictEqual(failureOf(other)?._tag, "Unauthenticated")
      assert.strictEqual(other.requests.length, 0)
      const same = yield* run(ok, getProfile, onBehalfOf(UserId.make("ada")))
      assert.strictEqual(same.result._tag, "Right")
    }))

  it.effect("refreshes once for eight expired calls and one whose 401 comes late", () => {
    const tokens = ScriptedTokens.make({ refresh: Effect.sleep("2 seconds") })
    return Effect.gen(function*() {
      const late = yield* Deferred.make<void>()
      const server = ScriptedServer.make(({ headers }, index) => {
        if (headers["authorization"] !== "Bearer token-1") return ok()
        const unauthorized = Effect.succeed(ScriptedServer.json(401, {}))
        return index === 0 ? Effect.zipRight(Deferred.await(late), unauthorized) : unauthorized
      })
      yield* Effect.gen(function*() {
        const { http } = yield* ApiClient
        const slow = yield* Effect.fork(http.put("/v2/devices/slow"))
        yield* TestClock.adjust("0 millis")
        const fibers = yield* Effect.forEach(
          Array.from({ length: 8 }, (_, index) => index),
          (index) => Effect.fork(http.put(`/v2/devices/${index}`))
        )
        yield* TestClock.adjust("5 seconds")
        yield* Fiber.joinAll(fibers)
        yield* Deferred.succeed(late, undefined)
        yield* Fiber.join(slow)
        assert.deepStrictEqual(tokens.state.rejected, [1])
        assert.isAtMost(server.requests.length, 18)
      }).pipe(Effect.provide(Apis.layer(server.layer, tokens.layer)))
    })
  })

  it.effect("treats an answer it cannot read as unavailable and says nothing of its content", () => {
    const lines: Array<string> = []
    const logger = Logger.make(({ annotations, message }) => void lines.push(String(message) + String(annotations)))
    return Effect.gen(function*() {
      const outcome = yield* run(() => ScriptedServer.json(200, { displayName: { secret: "canary" } }), getProfile)
      assert.strictEqual(failureOf(outcome)?._tag, "Unavailable")
      assert.strictEqual(outcome.requests.length, 1)
      const garbage = yield* run(() => new Response("canary, not JSON"), getProfile)
      assert.strictEqual(failureOf(garbage)?._tag, "Unavailable")
      assert.isAbove(lines.length, 0)
      assert.notInclude(lines.join("\n"), "canary")
    }).pipe(Effect.provide(Logger.replace(Logger.defaultLogger, logger)))
  })

  it.effect("refuses what cannot be encoded, and what would leave the backend, before sending it", () => {
    const server = ScriptedServer.make(ok)
    return Effect.gen(function*() {
      const { call, http } = yield* ApiClient
      const tooLong = { topic: Topic.make("news"), title: "x".repeat(201) }
      const failure = yield* Effect.flip(call((client) => client.devices.send({ payload: tooLong })))
      assert.isTrue(failure._tag === "Rejected" && failure.issues.join().startsWith("title"))
      assert.notInclude(failure.message, "xxx")
      for (const url of ["http://evil.test/", "@evil.test/", ""]) {
        assert.strictEqual((yield* Effect.flip(http.get(url)))._tag, "Rejected")
      }
      assert.strictEqual(server.requests.length, 0)
    }).pipe(Effect.provide(Apis.layer(server.layer, ScriptedTokens.make().layer)))
  })
})
