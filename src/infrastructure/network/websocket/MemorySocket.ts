/**
 * `RealtimeSocket` to a server in this process.
 */
import { Effect, Layer, Record, Redacted } from "effect"
import { MemoryServer } from "../api/transport/MemoryServer.ts"
import { RealtimeSocket, SocketUnreachable } from "./RealtimeSocket.ts"

export const make = Effect.map(MemoryServer, (server) =>
  RealtimeSocket.of({
    open: (url, headers) =>
      server.connect({ url, headers: Record.map(headers, Redacted.value) }).pipe(
        Effect.catchTag("ConnectionRefused", () => new SocketUnreachable())
      )
  }))

export const layer: Layer.Layer<RealtimeSocket, never, MemoryServer> = Layer.effect(RealtimeSocket, make)
