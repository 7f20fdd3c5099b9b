import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, Deferred, Effect, Fiber, Layer, Option, Redacted, Stream, TestClock } from "effect"
import { createServer } from "node:http"
import type { IncomingMessage, ServerResponse } from "node:http"
import type { AddressInfo, Socket } from "node:net"
import { DeadlineExceeded } from "../../../../../src/infrastructure/network/api/ApiError.ts"
import * as DeadlineTimer from "../../../../../src/infrastructure/network/api/transport/DeadlineTimer.ts"
import { discard } from "../../../../../src/infrastructure/network/api/transport/Discard.ts"
import { Transport } from "../../../../../src/infrastructure/network/api/transport/Transport.ts"
import type { PhaseLimits } from "../../../../../src/infrastructure/network/api/transport/Transport.ts"
import { UndiciExchange } from "../../../../../src/infrastructure/network/api/transport/UndiciExchange.ts"
import * as UndiciTransport from "../../../../../src/infrastructure/network/api/transport/UndiciTransport.ts"
import { serve } from "./LoopbackServer.ts"
import { listening } from "./RawServer.ts"

const limits: PhaseLimits = { connect: 5000, headers: 5000, bodyIdle: 5000, attempt: 20_000, total: 30_000 }

const mebibyte = 1024 * 1024

const send = (request: HttpClientRequest.HttpClientRequest, changed: Partial<PhaseLimits> = {}) =>
  Effect.flatMap(Transport, ({ exchange }) => exchange(request, { ...limits, ...changed }))

/** As long as it takes. */
const slow = { headers: Infinity, attempt: Infinity, total: Infinity }

const noContent = "HTTP/1.1 204 No Content\r\n\r\n"

const virtual = (options: UndiciTransport.Options) =>
  Layer.provide(UndiciTransport.layer(options), DeadlineTimer.layerClock)

describe("limits of an exchange", () => {
  it.scoped("name the phase connect, and that nothing was sent, while there is no connection", () =>
    Effect.gen(function*() {
      const asked = yield* Deferred.make<void>()
      // A proxy that never opens the tunnel is a connection that never comes.
      const proxy = yield* Effect.acquireRelease(
        Effect.async<string>((resume) => {
          const server = createServer()
          server.on("connect", () => Deferred.unsafeDone(asked, Effect.void))
          server.listen(
            0,
            "127.0.0.1",
            () => resume(Effect.succeed(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))
          )
        }),
        () => Effect.void
      )
      yield* Effect.gen(function*() {
        const fiber = yield* Effect.fork(Effect.flip(send(HttpClientRequest.get("https://api.example.com/"))))
        yield* Deferred.await(asked)
        yield* TestClock.adjust("4999 millis")
        assert.isTrue(Option.isNone(yield* Fiber.poll(fiber)))
        yield* TestClock.adjust("1 millis")
        const failure = yield* Fiber.join(fiber)
        assert.instanceOf(failure, DeadlineExceeded)
        assert.deepInclude(failure, { phase: "connect", scope: "attempt", sent: "no" })
      }).pipe(Effect.provide(virtual({ proxies: { https: Redacted.make(proxy) } })))
    }))

  for (const way of ["to the origin", "through a proxy"]) {
    it.scoped(`name the phase queue while all connections ${way} that there may be are in use`, () =>
      Effect.gen(function*() {
        const sockets: Array<Socket> = []
        const both = yield* Deferred.make<void>()
        const port = yield* listening((socket) =>
          void socket.on("data", () => {
            if (sockets.push(socket) === 2) Deferred.unsafeDone(both, Effect.void)
          })
        )
        const server = `http://127.0.0.1:${port}`
        const isDirect = way === "to the origin"
        const request = HttpClientRequest.get(isDirect ? server : "http://api.example.com/")
        yield* Effect.gen(function*() {
          const using = yield* Effect.fork(
            Effect.all([send(request, slow), send(request, slow)], { concurrency: 2 })
          )
          yield* Deferred.await(both)
          const waiting = yield* Effect.fork(Effect.flip(send(request)))
          const hurried = yield* Effect.fork(Effect.flip(send(request, { total: 100 })))
          yield* TestClock.adjust("5 seconds")
          assert.deepInclude(yield* Fiber.join(waiting), { phase: "queue", scope: "attempt", sent: "no" })
          assert.deepInclude(yield* Fiber.join(hurried), { phase: "queue", scope: "total", sent: "no" })
          assert.lengthOf(sockets, 2)
          for (const socket of sockets) socket.write(noContent)
          yield* Fiber.join(using)
        }).pipe(
          Effect.provide(
            virtual({ connections: 2, ...(isDirect ? {} : { proxies: { http: Redacted.make(server) } }) })
          )
        )
      }))
  }

  it.scoped("count again from each piece of the body", () =>
    Effect.gen(function*() {
      const arrived = yield* Deferred.make<ServerResponse>()
      const { url } = yield* serve((_, response) => Deferred.unsafeDone(arrived, Effect.succeed(response)))
      yield* Effect.gen(function*() {
        const fiber = yield* Effect.fork(send(HttpClientRequest.get(url)))
        const response = yield* Deferred.await(arrived)
        yield* Effect.sync(() => response.writeHead(200, { "content-length": 4 * mebibyte }))
        yield* Effect.sync(() => response.write(Buffer.alloc(mebibyte)))
        const pull = yield* Stream.toPull((yield* Fiber.join(fiber)).stream)
        let received = 0
        for (let each = 1; each <= 4; each++) {
          while (received < each * mebibyte) {
            received += Chunk.reduce(yield* pull, 0, (sum, { length }) => sum + length)
          }
          yield* TestClock.adjust("3 seconds")
          if (each < 4) yield* Effect.sync(() => response.write(Buffer.alloc(mebibyte)))
        }
        assert.strictEqual(received, 4 * mebibyte)
      }).pipe(Effect.provide(virtual({})))
    }))

  it.scoped("await no answer while a large body is still being taken", () =>
    Effect.gen(function*() {
      const arrived = yield* Deferred.make<IncomingMessage>()
      const half = yield* Deferred.make<void>()
      const { url } = yield* serve((request, response) => {
        let size = 0
        request.on("data", (chunk: Buffer) => {
          const before = size
          size += chunk.length
          if (before > 16 * mebibyte || size <= 16 * mebibyte) return
          request.pause()
          Deferred.unsafeDone(half, Effect.void)
        })
        request.on("end", () => response.end(`${size} ${request.headers["content-length"]}`))
        request.pause()
        Deferred.unsafeDone(arrived, Effect.succeed(request))
      })
      yield* Effect.gen(function*() {
        const body = new Uint8Array(32 * mebibyte)
        const fiber = yield* Effect.fork(send(HttpClientRequest.bodyUint8Array(HttpClientRequest.post(url), body)))
        const request = yield* Deferred.await(arrived)
        yield* TestClock.adjust("4 seconds")
        yield* Effect.sync(() => request.resume())
        yield* Deferred.await(half)
        yield* TestClock.adjust("4 seconds")
        assert.isTrue(Option.isNone(yield* Fiber.poll(fiber)))
        yield* Effect.sync(() => request.resume())
        const { text } = yield* Fiber.join(fiber)
        assert.strictEqual(yield* text, `${body.length} ${body.length}`)
      }).pipe(Effect.provide(virtual({})))
    }))
})

describe("what was sent", () => {
  it("is nothing before there was a connection, or when not even a head without body could be written", () => {
    const sentOf = (request: HttpClientRequest.HttpClientRequest, connected: boolean, cause: unknown) => {
      let failure: unknown
      const exchange = new UndiciExchange({
        request,
        upload: undefined,
        limits: { ...limits, connect: Infinity, headers: Infinity, attempt: Infinity, total: Infinity },
        timer: { now: () => 0, start: () => () => undefined },
        maxBodyBytes: 1000,
        isQueued: () => false,
        resume: (result) => {
          failure = Effect.runSync(Effect.flip(result))
        }
      })
      const controller = { abort: () => undefined } as unknown as Parameters<UndiciExchange["onRequestStart"]>[0]
      if (connected) exchange.onRequestStart(controller)
      exchange.onResponseError(controller, cause)
      return failure
    }
    const get = HttpClientRequest.get("http://api.test/")
    const post = HttpClientRequest.bodyText(HttpClientRequest.post("http://api.test/"), "once")
    const reset = Object.assign(new Error("reset"), { code: "ECONNRESET", syscall: "read" })
    const unwritten = Object.assign(new Error("broken pipe"), { code: "EPIPE", syscall: "write" })
    assert.deepInclude(sentOf(get, false, reset), { reason: "reset", sent: "no" })
    assert.deepInclude(sentOf(get, true, reset), { reason: "reset", sent: "maybe" })
    assert.deepInclude(sentOf(get, true, unwritten), { reason: "reset", sent: "no" })
    assert.deepInclude(sentOf(post, true, unwritten), { reason: "reset", sent: "maybe" })
  })
})

describe("what is left behind", () => {
  it.scopedLive("is no connection that was still being made when the layer closes", () =>
    Effect.gen(function*() {
      const accepted = yield* Deferred.make<void>()
      const closed = yield* Deferred.make<void>()
      // Encryption is never begun here.
      const port = yield* listening((socket) => {
        socket.once("data", () => Deferred.unsafeDone(accepted, Effect.void))
        socket.on("close", () => Deferred.unsafeDone(closed, Effect.void))
      })
      yield* Effect.gen(function*() {
        const fiber = yield* Effect.fork(send(HttpClientRequest.get(`https://127.0.0.1:${port}/`)))
        yield* Deferred.await(accepted)
        yield* Fiber.interrupt(fiber)
      }).pipe(Effect.provide(Layer.fresh(UndiciTransport.layer({ connectTimeout: "1 hour" }))))
      yield* Deferred.await(closed)
    }))

  it.scopedLive("is nothing: two sockets for 40 large failures, and no timer or listener", () =>
    Effect.gen(function*() {
      const { sockets, url } = yield* serve((_, response) => {
        response.writeHead(503)
        response.end(Buffer.alloc(100_000))
      })
      yield* Effect.gen(function*() {
        for (let each = 0; each < 40; each++) yield* Effect.flatMap(send(HttpClientRequest.get(url)), discard)
        assert.isAtMost(sockets(), 2)
      }).pipe(Effect.provide(Layer.fresh(UndiciTransport.layer())))
    }))

  it.scopedLive("are no started timers after any ending", () =>
    Effect.gen(function*() {
      let running = 0
      const { now, start } = yield* DeadlineTimer.DeadlineTimer
      const counting = Layer.succeed(DeadlineTimer.DeadlineTimer, {
        now,
        start: (millis: number, fire: () => void) => {
          running++
          let over = false
          const end = () => {
            if (!over) running--
            over = true
          }
          const cancel = start(millis, () => {
            end()
            fire()
          })
          return () => {
            end()
            cancel()
          }
        }
      })
      const { url } = yield* serve((request, response) => {
        if (request.url === "/reset") return void request.socket.destroy()
        if (request.url === "/silent") return
        response.end(request.url === "/large" ? Buffer.alloc(3 * mebibyte) : "small")
      })
      yield* Effect.gen(function*() {
        const to = (path: string, changed?: Partial<PhaseLimits>) => send(HttpClientRequest.get(url + path), changed)
        for (let each = 0; each < 20; each++) {
          yield* to("small")
          yield* Effect.flatMap(to("large"), ({ text }) => text)
          yield* Effect.flatMap(to("large"), discard)
          yield* Effect.flip(to("reset"))
          yield* Effect.timeoutOption(to("silent"), "5 millis")
        }
        yield* Effect.flip(to("silent", { headers: 10 }))
      }).pipe(Effect.provide(Layer.fresh(Layer.provide(UndiciTransport.layer(), counting))))
      assert.strictEqual(running, 0)
    }))
})
