import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Fiber, Redacted, Scope } from "effect"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { WebSocketServer } from "ws"
import type { WebSocket } from "ws"
import { RealtimeSocket } from "../../../../src/infrastructure/network/websocket/RealtimeSocket.ts"
import * as WsSocket from "../../../../src/infrastructure/network/websocket/WsSocket.ts"

/** A server on loopback for as long as the scope lives. */
const serve = (accept: (socket: WebSocket, authorization: string | undefined) => void, refuse?: string) =>
  Effect.acquireRelease(
    Effect.async<{ readonly url: string; readonly stop: () => void }>((resume) => {
      const http = createServer()
      const server = new WebSocketServer({ noServer: true, perMessageDeflate: false })
      http.on("upgrade", (request, socket, head) => {
        if (refuse === undefined) {
          server.handleUpgrade(request, socket, head, (open) => accept(open, request.headers.authorization))
        } else socket.end(refuse)
      })
      http.listen(0, "127.0.0.1", () =>
        resume(Effect.succeed({
          url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}/`,
          stop: () => {
            for (const client of server.clients) client.terminate()
            http.closeAllConnections()
            http.close()
          }
        })))
    }),
    ({ stop }) => Effect.sync(stop)
  )

const open = (url: string) =>
  Effect.flatMap(RealtimeSocket, (socket) => socket.open(url, { authorization: Redacted.make("Bearer secret") }))

const live = <E>(title: string, body: Effect.Effect<void, E, RealtimeSocket | Scope.Scope>) =>
  it.scopedLive(title, () => Effect.provide(body, WsSocket.layer))

describe("WsSocket", () => {
  live(
    "carries frames both ways, with the headers of the upgrade",
    Effect.gen(function*() {
      const server = yield* serve((socket, authorization) => {
        socket.send(authorization ?? "")
        socket.on("message", (data) => socket.send(`echo ${String(data)}`))
      })
      const { activity, ping, receive, send } = yield* open(server.url)
      assert.strictEqual(yield* receive, "Bearer secret")
      yield* send("größe")
      assert.strictEqual(yield* receive, "echo größe")
      const before = yield* activity
      yield* ping
      while ((yield* activity) === before) yield* Effect.sleep("5 millis")
    })
  )

  live(
    "delivers everything in order before it says that the connection is over",
    Effect.gen(function*() {
      const server = yield* serve((socket) => {
        for (let each = 0; each < 5000; each++) socket.send(`${each}`)
        socket.close(4401)
      })
      const { ping, receive, send } = yield* open(server.url)
      yield* Effect.sleep("50 millis")
      for (let each = 0; each < 5000; each++) assert.strictEqual(yield* receive, `${each}`)
      assert.strictEqual((yield* Effect.flip(receive)).code, 4401)
      assert.strictEqual((yield* Effect.flip(send("late"))).code, 4401)
      assert.strictEqual((yield* Effect.flip(ping)).code, 4401)
    })
  )

  live(
    "makes a sender wait while nobody reads",
    Effect.gen(function*() {
      let sent = 0
      const server = yield* serve((socket) => {
        const next = () => {
          if (sent < 400) socket.send("x".repeat(100_000), () => (sent++, next()))
        }
        next()
      })
      const { receive } = yield* open(server.url)
      yield* Effect.sleep("50 millis")
      assert.isBelow(sent, 400)
      for (let each = 0; each < 400; each++) yield* receive
      assert.strictEqual(sent, 400)
    })
  )

  live(
    "tells a refusal with its status from an unreachable server",
    Effect.gen(function*() {
      const busy = yield* serve(() => undefined, "HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n")
      const refused = yield* Effect.flip(open(busy.url))
      assert.isTrue(refused._tag === "SocketRefused" && refused.status === 503)
      assert.isTrue(refused._tag === "SocketRefused" && Duration.equals(refused.retryAfter ?? 0, "7 seconds"))
      const gone = yield* serve(() => undefined)
      gone.stop()
      assert.strictEqual((yield* Effect.flip(open(gone.url)))._tag, "SocketUnreachable")
    })
  )

  live(
    "says goodbye when its scope closes",
    Effect.gen(function*() {
      const code = yield* Deferred.make<number>()
      const server = yield* serve((socket) => {
        socket.on("close", (each) => Deferred.unsafeDone(code, Effect.succeed(each)))
      })
      yield* Effect.scoped(open(server.url))
      assert.strictEqual(yield* Deferred.await(code), 1000)
    })
  )

  live(
    "gives an opening up when it is interrupted",
    Effect.gen(function*() {
      const http = yield* Effect.acquireRelease(
        Effect.async<ReturnType<typeof createServer>>((resume) => {
          const silent = createServer()
          silent.on("upgrade", () => undefined)
          silent.listen(0, "127.0.0.1", () => resume(Effect.succeed(silent)))
        }),
        (silent) => Effect.sync(() => (silent.closeAllConnections(), silent.close()))
      )
      const scope = yield* Scope.make()
      const url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}/`
      const fiber = yield* Effect.fork(Effect.provideService(open(url), Scope.Scope, scope))
      yield* Effect.sleep("20 millis")
      yield* Fiber.interrupt(fiber)
      yield* Scope.close(scope, yield* Effect.exit(Effect.void))
    })
  )
})
