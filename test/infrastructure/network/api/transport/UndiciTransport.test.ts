import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, Deferred, Effect, Fiber, Layer, Stream } from "effect"
import { BufferedResponse } from "../../../../../src/infrastructure/network/api/transport/BufferedResponse.ts"
import * as DeadlineTimer from "../../../../../src/infrastructure/network/api/transport/DeadlineTimer.ts"
import { fromHttpClientError } from "../../../../../src/infrastructure/network/api/transport/FailureReason.ts"
import * as UndiciTransport from "../../../../../src/infrastructure/network/api/transport/UndiciTransport.ts"
import { contract } from "../../../../../src/testing/contract/TransportContract.ts"
import { suite } from "../../../../../src/testing/vitest.ts"
import { serve } from "./LoopbackServer.ts"
import * as StepServer from "./StepServer.ts"

suite(
  contract,
  "undici",
  Layer.merge(Layer.provide(UndiciTransport.layer(), DeadlineTimer.layerClock), StepServer.real)
)

const textOf = (url: string, options?: HttpClientRequest.Options.NoUrl) =>
  Effect.flatMap(
    HttpClient.HttpClient,
    (client) => Effect.flatMap(client.get(url, options), (response) => response.text)
  )

const failureOf = <A, R>(exchange: Effect.Effect<A, Parameters<typeof fromHttpClientError>[0], R>) =>
  Effect.map(Effect.flip(exchange), (error) => {
    const failure = fromHttpClientError(error)
    return failure._tag === "TransportFailure"
      ? `${failure.reason}, ${failure.sent}`
      : `${failure.phase}, ${failure.scope}`
  })

describe("UndiciTransport", () => {
  it.scopedLive("sends and receives over kept connections, without the fragment", () =>
    Effect.gen(function*() {
      const client = yield* HttpClient.HttpClient
      const server = yield* serve((request, response) => {
        let body = ""
        request.on("data", (chunk) => void (body += chunk))
        request.on("end", () => {
          response.setHeader("x-own", "päivää".length)
          response.end(JSON.stringify([request.method, request.url, request.headers["x-sent"], body]))
        })
      })
      for (let each = 0; each < 5; each++) {
        const response = yield* client.execute(
          HttpClientRequest.post(`${server.url}path?query=${each}#fragment`).pipe(
            HttpClientRequest.setHeader("x-sent", "1"),
            HttpClientRequest.bodyText("größe")
          )
        )
        assert.strictEqual(response.status, 200)
        assert.strictEqual(response.headers["x-own"], "6")
        assert.deepStrictEqual(yield* response.json, ["POST", `/path?query=${each}`, "1", "größe"])
      }
      // The pool opens a second one when the next request is there before it has put the first one back.
      assert.isAtMost(server.sockets(), 2)
    }).pipe(Effect.provide(UndiciTransport.layer())))

  it.scopedLive("knows that nothing was sent when nobody listens or the name does not exist", () =>
    Effect.gen(function*() {
      const client = yield* HttpClient.HttpClient
      const server = yield* serve(() => undefined)
      server.stop()
      assert.strictEqual(yield* failureOf(client.get(server.url)), "refused, no")
      assert.strictEqual(yield* failureOf(client.get("http://name.invalid/")), "unresolved, no")
      assert.strictEqual(yield* failureOf(client.get("http://")), "invalid_request, no")
    }).pipe(Effect.provide(UndiciTransport.layer())))

  it.scopedLive("does not know what became of a request whose connection broke", () =>
    Effect.gen(function*() {
      const client = yield* HttpClient.HttpClient
      const before = yield* serve((request) => request.socket.destroy())
      assert.strictEqual(yield* failureOf(client.get(before.url)), "reset, maybe")
      const within = yield* serve((request, response) => {
        response.writeHead(200, { "content-length": "100" })
        response.write("half", () => request.socket.destroy())
      })
      assert.strictEqual(yield* failureOf(client.get(within.url)), "reset, maybe")
      const garbage = yield* serve((request) => request.socket.end("this is not HTTP\r\n\r\n"))
      assert.strictEqual(yield* failureOf(client.get(garbage.url)), "malformed, maybe")
    }).pipe(Effect.provide(UndiciTransport.layer())))

  it.scopedLive("closes the connection of an interrupted request", () =>
    Effect.gen(function*() {
      const client = yield* HttpClient.HttpClient
      const arrived = yield* Deferred.make<void>()
      const closed = yield* Deferred.make<void>()
      const server = yield* serve((request) => {
        Deferred.unsafeDone(arrived, Effect.void)
        request.socket.on("close", () => Deferred.unsafeDone(closed, Effect.void))
      })
      const fiber = yield* Effect.fork(client.get(server.url))
      yield* Deferred.await(arrived)
      yield* Fiber.interrupt(fiber)
      yield* Deferred.await(closed)
    }).pipe(Effect.provide(UndiciTransport.layer())))

  it.scopedLive("hands an event stream over while it arrives, and closes it when nobody reads on", () =>
    Effect.gen(function*() {
      const client = yield* HttpClient.HttpClient
      const closed = yield* Deferred.make<void>()
      const server = yield* serve((request, response) => {
        request.socket.on("close", () => Deferred.unsafeDone(closed, Effect.void))
        response.writeHead(200, { "content-type": "text/event-stream" })
        response.write("data: 1\n\n")
      })
      const response = yield* client.get(server.url, { headers: { accept: "text/event-stream" } })
      const text = yield* response.stream.pipe(Stream.decodeText(), Stream.take(1), Stream.runCollect)
      assert.strictEqual(Chunk.join(text, ""), "data: 1\n\n")
      yield* Deferred.await(closed)
    }).pipe(Effect.provide(UndiciTransport.layer())))

  it.scopedLive("gives a large event stream whole to a slow reader, and reports where it broke", () =>
    Effect.gen(function*() {
      const client = yield* HttpClient.HttpClient
      const server = yield* serve((request, response) => {
        response.writeHead(200, { "content-type": "text/event-stream" })
        for (let each = 0; each < 64; each++) response.write("x".repeat(32_768))
        response.write(
          "",
          () => request.url === "/broken" ? setImmediate(() => request.socket.destroy()) : response.end()
        )
      })
      const size = (path: string) =>
        Effect.flatMap(
          client.get(server.url + path.slice(1), { headers: { accept: "text/event-stream" } }),
          (response) =>
            Stream.runFoldEffect(response.stream, 0, (sum, chunk) => Effect.as(Effect.yieldNow(), sum + chunk.length))
        )
      assert.strictEqual(yield* size("/"), 64 * 32_768)
      assert.strictEqual(yield* failureOf(size("/broken")), "reset, maybe")
    }).pipe(Effect.provide(UndiciTransport.layer())))

  it.scopedLive("gives up putting together an answer that is larger than it may keep, and closes the connection", () =>
    Effect.gen(function*() {
      const client = yield* HttpClient.HttpClient
      const closed = yield* Deferred.make<void>()
      let written = 0
      const server = yield* serve((request, response) => {
        request.socket.on("close", () => Deferred.unsafeDone(closed, Effect.void))
        const piece = Buffer.alloc(1024 * 1024)
        const more = () => {
          if (written === 64 || response.destroyed) return void response.end()
          written++
          response.write(piece, more)
        }
        more()
      })
      const response = yield* client.get(server.url)
      assert.strictEqual(yield* failureOf(response.text), "too_large, maybe")
      yield* Deferred.await(closed)
      assert.isBelow(written, 64)
    }).pipe(Effect.provide(UndiciTransport.layer())))

  it.scopedLive("keeps an answer of exactly the largest size", () =>
    Effect.gen(function*() {
      const client = yield* HttpClient.HttpClient
      const server = yield* serve((request, response) =>
        response.end("x".repeat(request.url === "/over" ? 1001 : 1000))
      )
      const kept = yield* client.get(server.url)
      assert.strictEqual((yield* kept.text).length, 1000)
      assert.strictEqual(yield* failureOf(textOf(`${server.url}over`)), "too_large, maybe")
    }).pipe(Effect.provide(UndiciTransport.layer({ maxBodyBytes: 1000 }))))

  it.scopedLive("keeps an event stream that nobody asked for, or that says why there is none, like any answer", () =>
    Effect.gen(function*() {
      const client = yield* HttpClient.HttpClient
      const server = yield* serve((request, response) => {
        response.writeHead(request.url === "/unasked" ? 200 : 500, { "content-type": "text/event-stream" })
        if (request.url === "/short") return void response.end("data: 1\n\n")
        response.write("x".repeat(1001))
      })
      const asked = { headers: { accept: "text/event-stream" } }
      const short = yield* client.get(`${server.url}short`, asked)
      assert.instanceOf(short, BufferedResponse)
      assert.strictEqual(yield* short.text, "data: 1\n\n")
      assert.strictEqual(yield* failureOf(textOf(`${server.url}unasked`)), "too_large, maybe")
      assert.strictEqual(yield* failureOf(textOf(`${server.url}refused`, asked)), "too_large, maybe")
    }).pipe(Effect.provide(UndiciTransport.layer({ maxBodyBytes: 1000 }))))
})
