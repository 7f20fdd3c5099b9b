/**
 * A backend inside this process, as seen from the network: what a transport in memory talks to instead of a socket.
 */
import { Context, Data } from "effect"
import type { Effect, Scope } from "effect"
import type { Duplex, SocketRefused } from "../../websocket/RealtimeSocket.ts"

/** Nothing listens, or the line is cut: the request never arrived. */
export class ConnectionRefused extends Data.TaggedError("ConnectionRefused")<{}> {}

/** The line was cut after the request had arrived and before its answer was complete. */
export class ConnectionCut extends Data.TaggedError("ConnectionCut")<{}> {}

export class MemoryServer extends Context.Tag("effect-strata/infrastructure/network/api/transport/MemoryServer")<
  MemoryServer,
  {
    /** Answers one HTTP request. Interruption is the client closing its connection. */
    readonly handle: (request: Request) => Effect.Effect<Response, ConnectionRefused | ConnectionCut>

    /** Accepts a WebSocket upgrade and gives the client's end; closing the scope closes it. */
    readonly connect: (request: {
      readonly url: string
      readonly headers: Readonly<Record<string, string>>
    }) => Effect.Effect<Duplex, ConnectionRefused | SocketRefused, Scope.Scope>
  }
>() {}
