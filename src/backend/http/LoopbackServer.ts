/**
 * A `node:http` server on 127.0.0.1 whose connections can be broken and whose port can be given up and taken back.
 */
import { Effect } from "effect"
import type { Scope } from "effect"
import { createServer } from "node:http"
import type { Server } from "node:http"
import type { Socket } from "node:net"
import { CannotListen } from "../BackendAddress.ts"

const host = "127.0.0.1"

/** What a scope's end leaves requests in flight. */
const grace = "250 millis"

export interface LoopbackServer {
  readonly server: Server
  readonly port: number
  readonly url: string

  /** Stops listening and destroys every connection: clients see refused connections. */
  readonly cut: Effect.Effect<void>

  /** Listens on the same port again. */
  readonly restore: Effect.Effect<void, CannotListen>
}

const listen = (server: Server, port: number) =>
  Effect.async<number, CannotListen>((resume) => {
    const failed = (cause: NodeJS.ErrnoException) => resume(new CannotListen({ port, code: cause.code ?? "UNKNOWN" }))
    server.once("error", failed)
    server.listen({ host, port, exclusive: true }, () => {
      server.off("error", failed)
      const address = server.address()
      resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : port))
    })
  })

/** Returns when no connection is left. */
const stopListening = (server: Server) =>
  Effect.async<void>((resume) => {
    server.close(() => resume(Effect.void))
  })

/** `port` 0 lets the operating system choose. Requests in flight have 250 ms when the scope closes. */
export const make = (port: number): Effect.Effect<LoopbackServer, CannotListen, Scope.Scope> =>
  Effect.gen(function*() {
    const connections = new Set<Socket>()
    const server = createServer({ keepAliveTimeout: 65_000, noDelay: true })
    server.maxConnections = 1000
    server.on("connection", (socket) => {
      connections.add(socket)
      socket.once("close", () => connections.delete(socket))
    })
    const destroyAll = Effect.sync(() => connections.forEach((socket) => socket.destroy()))

    const bound = yield* Effect.acquireRelease(
      listen(server, port),
      () =>
        Effect.raceFirst(stopListening(server), Effect.sleep(grace)).pipe(
          // A finalizer is uninterruptible, and the loser of a race has to be interrupted.
          Effect.interruptible,
          Effect.when(() => server.listening),
          Effect.ensuring(destroyAll)
        )
    )

    return {
      server,
      port: bound,
      url: `http://${host}:${bound}`,
      cut: Effect.suspend(() => {
        const stopped = server.listening ? stopListening(server) : Effect.void
        return Effect.zipRight(destroyAll, Effect.zipLeft(stopped, destroyAll, { concurrent: true }))
      }),
      restore: Effect.suspend(() => server.listening ? Effect.void : Effect.asVoid(listen(server, bound)))
    }
  })
