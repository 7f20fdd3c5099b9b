import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, identity, Layer, Stream } from "effect"
import type { Socket } from "node:net"
import { inspect } from "node:util"
import { fromHttpClientError } from "../../../../../src/infrastructure/network/api/transport/FailureReason.ts"
import * as HttpClientTransport from "../../../../../src/infrastructure/network/api/transport/HttpClientTransport.ts"
import { Transport } from "../../../../../src/infrastructure/network/api/transport/Transport.ts"
import * as UndiciTransport from "../../../../../src/infrastructure/network/api/transport/UndiciTransport.ts"
import { listening } from "./RawServer.ts"

const limits = { connect: 5000, headers: 5000, bodyIdle: 5000, attempt: 10_000, total: 10_000 }

const send = (request: HttpClientRequest.HttpClientRequest) =>
  Effect.flatMap(Transport, ({ exchange }) => exchange(request, limits))

/** Writes these bytes for whatever it is asked. */
const answering = (head: string, after: (socket: Socket) => void = () => undefined) =>
  Effect.map(
    listening((socket) => void socket.on("data", () => socket.write(head, () => after(socket)))),
    (port) => `http://127.0.0.1:${port}/`
  )

describe("a body that ends with its connection", () => {
  const untilClose = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\npart"

  it.scopedLive("is complete when the server closes it", () =>
    Effect.gen(function*() {
      const url = yield* answering(untilClose, (socket) => socket.end("s"))
      const { text } = yield* send(HttpClientRequest.get(url))
      assert.strictEqual(yield* text, "parts")
    }).pipe(Effect.provide(UndiciTransport.layer())))

  it.scopedLive("is not complete when the connection is reset", () =>
    Effect.gen(function*() {
      const accepted = yield* Deferred.make<Socket>()
      const url = yield* answering(
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: text/event-stream\r\n\r\ndata: 1\n\n",
        (socket) => Deferred.unsafeDone(accepted, Effect.succeed(socket))
      )
      const request = HttpClientRequest.get(url, { headers: { accept: "text/event-stream" } })
      const pull = yield* Stream.toPull((yield* send(request)).stream)
      yield* pull
      const socket = yield* Deferred.await(accepted)
      yield* Effect.sync(() => socket.resetAndDestroy())
      const failure = yield* Effect.flatMap(Effect.flip(pull), identity)
      assert.deepInclude(fromHttpClientError(failure), { _tag: "TransportFailure", reason: "reset", sent: "maybe" })
    }).pipe(Effect.provide(UndiciTransport.layer())))
})

describe("an answer without a body", () => {
  it.scopedLive("is complete whatever length its head tells", () =>
    Effect.gen(function*() {
      for (const length of [5, 5_000_000]) {
        const head = (status: string) =>
          answering(`HTTP/1.1 ${status}\r\ncontent-length: ${length}\r\netag: "a"\r\n\r\n`)
        const unchanged = yield* send(HttpClientRequest.get(yield* head("304 Not Modified")))
        const empty = yield* send(HttpClientRequest.get(yield* head("204 No Content")))
        const only = yield* send(HttpClientRequest.head(yield* head("200 OK")))
        for (const [{ headers, status, text }, expected] of [[unchanged, 304], [empty, 204], [only, 200]] as const) {
          assert.deepStrictEqual([status, headers["etag"], yield* text], [expected, "\"a\"", ""])
        }
      }
    }).pipe(Effect.provide(UndiciTransport.layer())))

  it.scopedLive("is not what arrives without all of its length", () =>
    Effect.gen(function*() {
      const url = yield* answering(
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 5\r\n\r\nfour",
        (socket) => socket.end()
      )
      const failure = yield* Effect.flip(send(HttpClientRequest.get(url)))
      assert.deepInclude(failure, { _tag: "TransportFailure", reason: "malformed", sent: "maybe" })
    }).pipe(Effect.provide(UndiciTransport.layer())))
})

describe("a malformed answer", () => {
  const transports = {
    undici: UndiciTransport.layer(),
    fetch: Layer.provide(HttpClientTransport.layer, FetchHttpClient.layer)
  }
  for (const [name, transport] of Object.entries(transports)) {
    it.scopedLive(`is not to be found in the failure: ${name}`, () =>
      Effect.gen(function*() {
        const planted = "set-cookie: session=planted\r\n"
        const url = yield* answering(`HTTP/1.1 200 OK\r\n${planted}no header\r\n${planted}\r\n${planted}`)
        const failure = yield* Effect.flip(send(HttpClientRequest.get(url)))
        assert.deepInclude(failure, { _tag: "TransportFailure", reason: "malformed", sent: "maybe" })
        const shown = inspect(failure, { depth: 10 })
        assert.include(shown, "does not match the HTTP/1.1 protocol")
        assert.notInclude(shown + JSON.stringify(failure), "planted")
      }).pipe(Effect.provide(transport)))
  }
})
