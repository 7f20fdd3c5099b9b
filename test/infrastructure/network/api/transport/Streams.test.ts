import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, Deferred, Effect, Exit, Fiber, Scope, Stream } from "effect"
import type { IncomingMessage, ServerResponse } from "node:http"
import { discard } from "../../../../../src/infrastructure/network/api/transport/Discard.ts"
import { Transport } from "../../../../../src/infrastructure/network/api/transport/Transport.ts"
import type { PhaseLimits } from "../../../../../src/infrastructure/network/api/transport/Transport.ts"
import * as UndiciTransport from "../../../../../src/infrastructure/network/api/transport/UndiciTransport.ts"
import { serve } from "./LoopbackServer.ts"

const limits: PhaseLimits = { connect: 5000, headers: 5000, bodyIdle: 5000, attempt: 20_000, total: 30_000 }

const mebibyte = 1024 * 1024

const send = (request: HttpClientRequest.HttpClientRequest, changed: Partial<PhaseLimits> = {}) =>
  Effect.flatMap(Transport, ({ exchange }) => exchange(request, { ...limits, ...changed }))

/** Counts what it could write before the other side stopped taking it. */
const pouring = (closed: Deferred.Deferred<void>) => {
  const state = { written: 0 }
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    request.socket.on("close", () => Deferred.unsafeDone(closed, Effect.void))
    const piece = Buffer.alloc(65_536)
    const more = () => {
      while (state.written < 256 * mebibyte && !response.destroyed) {
        state.written += piece.length
        if (!response.write(piece)) return void response.once("drain", more)
      }
      response.end()
    }
    more()
  }
  return { state, handle }
}

describe("a streamed answer", () => {
  it.scopedLive("arrives no faster than it is read", () =>
    Effect.gen(function*() {
      const closed = yield* Deferred.make<void>()
      const { handle, state } = pouring(closed)
      const { url } = yield* serve(handle)
      const response = yield* send(HttpClientRequest.get(url))
      const first = yield* response.stream.pipe(Stream.take(1), Stream.runCollect)
      assert.strictEqual(Chunk.size(first), 1)
      yield* Deferred.await(closed)
      assert.isBelow(state.written, 32 * mebibyte)
    }).pipe(Effect.provide(UndiciTransport.layer())))

  it.scopedLive("closes its connection when its scope does, when it is discarded and when its reader is interrupted", () =>
    Effect.gen(function*() {
      const scopeClosed = yield* Deferred.make<void>()
      const first = yield* serve(pouring(scopeClosed).handle)
      const scope = yield* Scope.make()
      yield* Scope.extend(send(HttpClientRequest.get(first.url)), scope)
      yield* Scope.close(scope, Exit.void)
      yield* Deferred.await(scopeClosed)

      const discarded = yield* Deferred.make<void>()
      const second = yield* serve(pouring(discarded).handle)
      yield* Effect.flatMap(send(HttpClientRequest.get(second.url)), discard)
      yield* Deferred.await(discarded)

      const interrupted = yield* Deferred.make<void>()
      const third = yield* serve((request, response) => {
        request.socket.on("close", () => Deferred.unsafeDone(interrupted, Effect.void))
        response.write(Buffer.alloc(2 * mebibyte))
      })
      const begun = yield* Deferred.make<void>()
      const reader = yield* send(HttpClientRequest.get(third.url)).pipe(
        Effect.flatMap(({ stream }) => Stream.runForEach(stream, () => Deferred.succeed(begun, undefined))),
        Effect.fork
      )
      yield* Deferred.await(begun)
      yield* Fiber.interrupt(reader)
      yield* Deferred.await(interrupted)
    }).pipe(Effect.provide(UndiciTransport.layer())))

  it.scopedLive("is not taken for complete by who reads it again, or after it was let go of", () =>
    Effect.gen(function*() {
      const { url } = yield* serve((_, response) => response.end(Buffer.alloc(2 * mebibyte)))
      const read = yield* send(HttpClientRequest.get(url))
      yield* Stream.runDrain(read.stream)
      assert.strictEqual((yield* Effect.flip(read.text))._tag, "ResponseError")
      const discarded = yield* send(HttpClientRequest.get(url))
      yield* discard(discarded)
      assert.strictEqual((yield* Effect.flip(Stream.runDrain(discarded.stream)))._tag, "ResponseError")
      const whole = yield* send(HttpClientRequest.get(url))
      assert.strictEqual((yield* whole.arrayBuffer).byteLength, 2 * mebibyte)
      assert.strictEqual((yield* whole.text).length, 2 * mebibyte)
    }).pipe(Effect.provide(UndiciTransport.layer())))

  it.scopedLive("keeps its connection when little of it is left", () =>
    Effect.gen(function*() {
      const { sockets, url } = yield* serve((request, response) => {
        request.resume()
        response.write(Buffer.alloc(mebibyte + 1), () => response.end(Buffer.alloc(1000)))
      })
      for (let each = 0; each < 10; each++) {
        const response = yield* send(HttpClientRequest.get(url))
        yield* response.stream.pipe(
          Stream.scan(0, (size, chunk) => size + chunk.length),
          Stream.takeUntil((size) => size > mebibyte),
          Stream.runDrain
        )
      }
      assert.strictEqual(sockets(), 1)
    }).pipe(Effect.provide(UndiciTransport.layer({ connections: 1 }))))
})

describe("a streamed request", () => {
  it.scopedLive("is pulled as the connection takes it, and interrupted with the exchange", () =>
    Effect.gen(function*() {
      let pulled = 0
      const stopped = yield* Deferred.make<void>()
      const { url } = yield* serve((request) => request.pause())
      const body = Stream.repeatEffect(Effect.sync(() => {
        pulled += 65_536
        return new Uint8Array(65_536)
      })).pipe(Stream.ensuring(Deferred.succeed(stopped, undefined)))
      const failure = yield* Effect.flip(send(
        HttpClientRequest.bodyStream(HttpClientRequest.post(url), body),
        { attempt: 200 }
      ))
      assert.deepInclude(failure, { _tag: "DeadlineExceeded", phase: "headers", scope: "attempt", sent: "maybe" })
      yield* Deferred.await(stopped)
      assert.isBelow(pulled, 64 * mebibyte)
    }).pipe(Effect.provide(UndiciTransport.layer())))

  it.scopedLive("says how long it is when that is known", () =>
    Effect.gen(function*() {
      const { url } = yield* serve((request, response) => {
        const { "content-length": length = "none", "transfer-encoding": coding = "none" } = request.headers
        request.resume().on("end", () => response.end(`${length} ${coding}`))
      })
      const of = (length?: number) =>
        send(HttpClientRequest.bodyStream(
          HttpClientRequest.put(url),
          Stream.make(new Uint8Array(10), new Uint8Array(10)),
          length === undefined ? {} : { contentLength: length }
        )).pipe(Effect.flatMap(({ text }) => text))
      assert.strictEqual(yield* of(20), "20 none")
      assert.strictEqual(yield* of(), "none chunked")
      const wrong = yield* Effect.flip(of(21))
      assert.deepInclude(wrong, { _tag: "TransportFailure", reason: "invalid_request" })
    }).pipe(Effect.provide(UndiciTransport.layer())))

  it.scopedLive("was not sent when its stream fails before the first piece", () =>
    Effect.gen(function*() {
      const { url } = yield* serve((_, response) => response.end())
      const failure = yield* Effect.flip(
        send(HttpClientRequest.bodyStream(HttpClientRequest.post(url), Stream.fail("unreadable")))
      )
      assert.deepInclude(failure, { _tag: "TransportFailure", reason: "invalid_request", sent: "no" })
    }).pipe(Effect.provide(UndiciTransport.layer())))
})
