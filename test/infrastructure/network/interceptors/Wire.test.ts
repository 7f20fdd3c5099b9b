import * as HttpBody from "@effect/platform/HttpBody"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, TestClock } from "effect"
import { ApiClient } from "../../../../src/infrastructure/network/api/ApiClient.ts"
import { ConnectionCut } from "../../../../src/infrastructure/network/api/transport/MemoryServer.ts"
import * as Apis from "../Apis.ts"
import { post, run } from "../Calls.ts"
import * as ScriptedServer from "../ScriptedServer.ts"
import * as ScriptedTokens from "../ScriptedTokens.ts"
import * as Spans from "../Spans.ts"

describe("Wire", () => {
  it.effect("opens one span per attempt, whose context the request carries and which holds no id, query or token", () => {
    const server = ScriptedServer.make((_, index) =>
      index === 0 ? ScriptedServer.json(503, {}) : new Response(null, { status: 204 })
    )
    const spans = Spans.make()
    return Effect.gen(function*() {
      const { http } = yield* ApiClient
      const fiber = yield* Effect.fork(
        http.del("/v2/devices/secret-id?token=secret-query", { body: HttpBody.text("secret-body") })
      )
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(spans.ended.map(({ kind, name }) => `${kind} ${name}`), [
        "client DELETE /v2/devices/:deviceId",
        "client DELETE /v2/devices/:deviceId"
      ])
      assert.deepStrictEqual(spans.ended.map(({ attributes }) => Object.fromEntries(attributes)), [
        {
          "http.request.method": "DELETE",
          "server.address": "api.test",
          "server.port": 8080,
          "url.scheme": "http",
          "url.template": "/v2/devices/:deviceId",
          "http.response.status_code": 503,
          "error.type": "503"
        },
        {
          "http.request.method": "DELETE",
          "server.address": "api.test",
          "server.port": 8080,
          "url.scheme": "http",
          "url.template": "/v2/devices/:deviceId",
          "http.request.resend_count": 1,
          "http.response.status_code": 204
        }
      ])
      assert.deepStrictEqual(spans.ended.map(({ exit }) => Exit.isSuccess(exit)), [false, true])
      assert.deepStrictEqual(
        server.requests.map(({ headers }) => headers["traceparent"]),
        spans.ended.map(({ spanId, traceId }) => `00-${traceId}-${spanId}-01`)
      )
    }).pipe(Effect.provide(Layer.merge(Apis.layer(server.layer, ScriptedTokens.make().layer), spans.layer)))
  })

  it.effect("ends the span of a lost attempt with a bounded word", () => {
    const spans = Spans.make()
    return Effect.gen(function*() {
      yield* spans.run(run(() => new ConnectionCut(), post))
      assert.deepStrictEqual(spans.ended.map(({ attributes }) => attributes.get("error.type")), ["reset"])
    })
  })
})
