/**
 * A server on loopback for as long as the scope lives.
 */
import { Effect } from "effect"
import { createServer } from "node:http"
import type { IncomingMessage, ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

export const serve = (handle: (request: IncomingMessage, response: ServerResponse) => void) =>
  Effect.acquireRelease(
    Effect.async<{ readonly url: string; readonly sockets: () => number; readonly stop: () => void }>((resume) => {
      const server = createServer(handle)
      let sockets = 0
      server.on("connection", () => sockets++)
      server.listen(0, "127.0.0.1", () =>
        resume(Effect.succeed({
          url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
          sockets: () => sockets,
          stop: () => {
            server.closeAllConnections()
            server.close()
          }
        })))
    }),
    ({ stop }) => Effect.sync(stop)
  )
