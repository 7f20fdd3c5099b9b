/**
 * A server of bare connections on loopback, for as long as the scope lives: for what no HTTP server would do.
 */
import { Effect } from "effect"
import { createServer } from "node:net"
import type { AddressInfo, Socket } from "node:net"

/** Its port. */
export const listening = (handle: (socket: Socket) => void) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.async<{ readonly port: number; readonly stop: () => void }>((resume) => {
        const sockets = new Set<Socket>()
        const server = createServer((socket) => {
          sockets.add(socket)
          socket.on("error", () => undefined)
          socket.on("close", () => sockets.delete(socket))
          handle(socket)
        })
        server.listen(0, "127.0.0.1", () =>
          resume(Effect.succeed({
            port: (server.address() as AddressInfo).port,
            stop: () => {
              for (const socket of sockets) socket.destroy()
              server.close()
            }
          })))
      }),
      ({ stop }) => Effect.sync(stop)
    ),
    ({ port }) => port
  )
