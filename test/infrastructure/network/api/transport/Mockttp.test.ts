import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, TestClock } from "effect"
import { getLocal } from "mockttp"
import * as DeadlineTimer from "../../../../../src/infrastructure/network/api/transport/DeadlineTimer.ts"
import { Transport } from "../../../../../src/infrastructure/network/api/transport/Transport.ts"
import * as UndiciTransport from "../../../../../src/infrastructure/network/api/transport/UndiciTransport.ts"

const limits = { connect: 5000, headers: 10_000, bodyIdle: 10_000, attempt: 15_000, total: 30_000 }

const mock = Effect.acquireRelease(
  Effect.promise(async () => {
    const server = getLocal()
    await server.start()
    return server
  }),
  (server) => Effect.promise(() => server.stop())
)

const send = (request: HttpClientRequest.HttpClientRequest) =>
  Effect.flatMap(Transport, ({ exchange }) => exchange(request, limits)).pipe(
    Effect.map(({ status }) => String(status)),
    Effect.catchAll((failure) =>
      Effect.succeed(
        failure._tag === "TransportFailure"
          ? `${failure.reason}, ${failure.sent}`
          : `${failure.phase}, ${failure.scope}, ${failure.sent}`
      )
    )
  )

describe("against mockttp", () => {
  it.scopedLive("a reset and a close after the request leave open what became of it, also on a kept connection", () =>
    Effect.gen(function*() {
      const server = yield* mock
      yield* Effect.promise(() => server.forGet("/fine").always().thenReply(200, "fine"))
      yield* Effect.promise(() =>
        server.forAnyRequest().matching(({ path }) => path === "/reset").thenResetConnection()
      )
      yield* Effect.promise(() =>
        server.forAnyRequest().matching(({ path }) => path === "/close").thenCloseConnection()
      )
      const post = (path: string) =>
        send(HttpClientRequest.bodyText(HttpClientRequest.post(server.urlFor(path)), "once"))
      for (const path of ["/reset", "/close"]) {
        assert.strictEqual(yield* send(HttpClientRequest.get(server.urlFor(path))), "reset, maybe")
        assert.strictEqual(yield* send(HttpClientRequest.get(server.urlFor("/fine"))), "200")
        assert.strictEqual(yield* post(path), "reset, maybe")
      }
    }).pipe(Effect.provide(UndiciTransport.layer())))

  it.scoped("a request that is never answered fails at the limit of its head", () =>
    Effect.gen(function*() {
      const server = yield* mock
      yield* Effect.promise(() => server.forGet("/timeout").thenTimeout())
      const seen = new Promise<void>((resolve) => void server.on("request-initiated", () => resolve()))
      const fiber = yield* Effect.fork(send(HttpClientRequest.get(server.urlFor("/timeout"))))
      yield* Effect.promise(() => seen)
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(yield* Fiber.join(fiber), "headers, attempt, maybe")
    }).pipe(Effect.provide(Layer.merge(UndiciTransport.layer(), DeadlineTimer.layerClock))))
})
