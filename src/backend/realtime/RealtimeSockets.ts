/**
 * Realtime connections over WebSocket, on an HTTP server's upgrade requests.
 */
import type { HttpServerResponse } from "@effect/platform/HttpServerResponse"
import { Effect, Either, Exit, FiberSet, Mailbox, Schedule, Stream } from "effect"
import type { Scope } from "effect"
import { STATUS_CODES } from "node:http"
import type { IncomingMessage, Server } from "node:http"
import type { Duplex } from "node:stream"
import { WebSocket, WebSocketServer } from "ws"
import { realtimeCloseCodes, realtimeMaxFrameBytes } from "../../infrastructure/network/api/contract/RealtimeFrame.ts"
import type { FaultInjector } from "../faults/FaultInjector.ts"
import type { Authenticated, SessionStore } from "../store/SessionStore.ts"
import { RealtimeHub } from "./RealtimeHub.ts"
import * as Upgrade from "./Upgrade.ts"

/** How often a peer is pinged; one that has not answered the last ping is dropped. */
const pingInterval = "20 seconds"

/** Frames of one peer that may wait to be handled; a peer that sends faster is closed with 1008. */
const waitingFrames = 256

/** Bytes that may wait for a peer that does not read. */
const outboundBytes = 1024 * 1024

/** Refuses the upgrade with a plain HTTP answer (RFC 6455, section 4.2.2). */
const refuse = (socket: Duplex, response: HttpServerResponse) => {
  const body = response.body._tag === "Uint8Array" ? Buffer.from(response.body.body) : Buffer.alloc(0)
  const headers = { ...response.headers, "content-length": `${body.length}`, connection: "close" }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.write(`HTTP/1.1 ${response.status} ${STATUS_CODES[response.status] ?? ""}\r\n${lines.join("")}\r\n`)
  socket.end(body)
}

/** Serves until the scope closes; then every peer is closed with 1001. */
export const serve = (
  server: Server
): Effect.Effect<void, never, RealtimeHub | SessionStore | FaultInjector | Scope.Scope> =>
  Effect.gen(function*() {
    const hub = yield* RealtimeHub
    const admit = yield* Upgrade.make
    const answered = new WeakSet<WebSocket>()
    const sockets = new WebSocketServer({
      noServer: true,
      maxPayload: realtimeMaxFrameBytes,
      perMessageDeflate: false,
      clientTracking: true
    })

    const converse = (socket: WebSocket, inbound: Mailbox.Mailbox<string>, authenticated: Authenticated) =>
      Effect.scoped(Effect.gen(function*() {
        const receive = yield* hub.attach(authenticated, {
          send: (text) => {
            if (socket.readyState !== WebSocket.OPEN) return
            if (socket.bufferedAmount + text.length > outboundBytes) socket.close(realtimeCloseCodes.slowConsumer)
            else socket.send(text)
          },
          close: (code) => socket.close(code)
        })
        yield* Stream.runForEach(Mailbox.toStream(inbound), receive)
      }))

    const run = yield* FiberSet.makeRuntime<never>()

    const upgrade = (request: IncomingMessage, stream: Duplex, head: Buffer) =>
      Effect.gen(function*() {
        const admitted = yield* admit(request.url ?? "/", request.headers)
        if (Either.isLeft(admitted)) return refuse(stream, admitted.left)
        const inbound = yield* Mailbox.make<string>(waitingFrames)
        if (stream.destroyed) return
        sockets.handleUpgrade(request, stream, head, (socket) => {
          answered.add(socket)
          socket.on("message", (data, isBinary) => {
            if (isBinary) socket.close(1003)
            else if (!inbound.unsafeOffer(data.toString())) socket.close(1008)
          })
          socket.on("pong", () => answered.add(socket))
          // A peer's protocol error also closes the socket, which is what ends the conversation.
          socket.on("error", () => {})
          socket.on("close", () => inbound.unsafeDone(Exit.void))
          run(converse(socket, inbound, admitted.right))
        })
      })

    const listener = (request: IncomingMessage, stream: Duplex, head: Buffer) => {
      stream.on("error", () => stream.destroy())
      run(upgrade(request, stream, head))
    }
    yield* Effect.acquireRelease(
      Effect.sync(() => server.on("upgrade", listener)),
      () =>
        Effect.sync(() => {
          server.off("upgrade", listener)
          for (const socket of sockets.clients) socket.close(1001)
          sockets.close()
        })
    )

    const ping = Effect.sync(() => {
      for (const socket of sockets.clients) {
        if (!answered.delete(socket)) socket.terminate()
        else if (socket.readyState === WebSocket.OPEN) socket.ping()
      }
    })
    yield* Effect.forkScoped(Effect.schedule(ping, Schedule.spaced(pingInterval)))
  })
