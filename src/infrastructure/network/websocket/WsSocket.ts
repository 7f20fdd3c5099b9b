/**
 * `RealtimeSocket` on `ws`. What has arrived is kept in order until it is read, and the connection is paused while too
 * much of it is kept.
 */
import { Duration, Effect, Layer, Record, Redacted } from "effect"
import type { Scope } from "effect"
import type { IncomingMessage } from "node:http"
import type { WebSocket } from "ws"
import { realtimeMaxFrameBytes } from "../api/contract/RealtimeFrame.ts"
import * as RetryAfter from "../api/retry/RetryAfter.ts"
import { RealtimeSocket, SocketClosed, SocketRefused, SocketUnreachable } from "./RealtimeSocket.ts"
import type { Duplex } from "./RealtimeSocket.ts"

/** Frames kept before the connection is paused. */
const highWaterMark = 64

/** How long the other side may take to say goodbye. */
const closeTimeout = Duration.seconds(2)

/** Loaded with the first connection, which many processes never open. It is installed with us, so failing is a defect. */
const library = Effect.orDie(Effect.tryPromise(() => import("ws")))

/** Says goodbye, and cuts the connection when nobody answers. */
const close = (socket: WebSocket) =>
  Effect.async<void>((resume) => {
    if (socket.readyState === socket.CLOSED) return resume(Effect.void)
    socket.once("close", () => resume(Effect.void))
    // Closing before the handshake is over is reported as an error, which nobody waits for any more.
    socket.resume()
    socket.close(1000)
    return undefined
  }).pipe(
    Effect.interruptible,
    Effect.timeoutOption(closeTimeout),
    Effect.zipRight(Effect.sync(() => {
      socket.terminate()
    }))
  )

const refused = (response: IncomingMessage) => {
  const retryAfter = response.headers["retry-after"]
  return Effect.flatMap(
    RetryAfter.fromHeaders(retryAfter === undefined ? {} : { "retry-after": retryAfter }),
    (wait) =>
      Effect.fail(
        new SocketRefused({
          status: response.statusCode ?? 0,
          ...(wait._tag === "Some" ? { retryAfter: wait.value } : {})
        })
      )
  )
}

const handshake = (socket: WebSocket) =>
  Effect.async<void, SocketRefused | SocketUnreachable>((resume) => {
    socket.once("open", () => resume(Effect.void))
    socket.once("error", () => resume(Effect.fail(new SocketUnreachable())))
    socket.once("unexpected-response", (_, response) => {
      response.resume()
      resume(refused(response))
    })
  })

/** Frames are collected from the start: the first can arrive together with the handshake's answer. */
const duplex = (socket: WebSocket): Duplex => {
  const frames: Array<string> = []
  let activity = 0
  let closed: number | undefined
  let reader: ((frame: Effect.Effect<string, SocketClosed>) => void) | undefined
  const wake = () => {
    const waiting = reader
    reader = undefined
    waiting?.(receive)
  }
  const seen = () => {
    activity++
  }
  socket.on("ping", seen)
  socket.on("pong", seen)
  socket.on("message", (data) => {
    seen()
    // eslint-disable-next-line typescript/no-base-to-string -- `nodebuffer` is the default, and a Buffer reads as UTF-8.
    frames.push(data.toString())
    if (frames.length >= highWaterMark) socket.pause()
    wake()
  })
  socket.on("close", (code) => {
    closed = code
    wake()
  })
  const receive: Duplex["receive"] = Effect.suspend(() => {
    const frame = frames.shift()
    if (frame !== undefined) {
      if (socket.isPaused && frames.length < highWaterMark / 2) socket.resume()
      return Effect.succeed(frame)
    }
    if (closed !== undefined) return new SocketClosed({ code: closed })
    return Effect.async<string, SocketClosed>((resume) => {
      reader = resume
      return Effect.sync(() => {
        reader = undefined
      })
    })
  })
  const whenOpen = (write: (done: (error?: Error | null) => void) => void) =>
    Effect.async<void, SocketClosed>((resume) => {
      if (socket.readyState !== socket.OPEN) return resume(new SocketClosed({ code: closed ?? 1006 }))
      write((error) => resume(error ? new SocketClosed({ code: closed ?? 1006 }) : Effect.void))
    })
  return {
    send: (frame) => whenOpen((done) => socket.send(frame, done)),
    receive,
    ping: whenOpen((done) => socket.ping(undefined, undefined, done)),
    activity: Effect.sync(() => activity)
  }
}

const open = (
  url: string,
  headers: Readonly<Record<string, Redacted.Redacted<string>>>
): Effect.Effect<Duplex, SocketRefused | SocketUnreachable, Scope.Scope> =>
  library.pipe(
    Effect.flatMap((ws) =>
      Effect.acquireRelease(
        Effect.sync(() => {
          const socket = new ws.WebSocket(url, {
            headers: Record.map(headers, Redacted.value),
            perMessageDeflate: false,
            maxPayload: realtimeMaxFrameBytes
          })
          // `close` follows every error and is what ends the connection.
          socket.on("error", () => undefined)
          return socket
        }),
        close
      )
    ),
    Effect.flatMap((socket) => {
      const connection = duplex(socket)
      return Effect.as(handshake(socket), connection)
    })
  )

export const layer: Layer.Layer<RealtimeSocket> = Layer.succeed(RealtimeSocket, { open })
