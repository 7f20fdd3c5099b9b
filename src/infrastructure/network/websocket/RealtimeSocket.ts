/**
 * One WebSocket, as far as the realtime protocol needs it.
 */
import { Context, Data } from "effect"
import type { Duration, Effect, Redacted, Scope } from "effect"

/** The server answered the upgrade with an HTTP status other than 101. */
export class SocketRefused extends Data.TaggedError("SocketRefused")<{
  readonly status: number
  readonly retryAfter?: Duration.Duration | undefined
}> {}

/** No connection came about. */
export class SocketUnreachable extends Data.TaggedError("SocketUnreachable")<{}> {}

/** The connection is over. `code` is the close code of RFC 6455, 1006 when there was no closing handshake. */
export class SocketClosed extends Data.TaggedError("SocketClosed")<{ readonly code: number }> {}

/** One end of an open connection. */
export interface Duplex {
  /** Hands one text frame to the connection; that it left does not mean that it arrives. */
  readonly send: (frame: string) => Effect.Effect<void, SocketClosed>

  /** The next text frame in the order of arrival; all frames that arrived come before `SocketClosed`. One reader. */
  readonly receive: Effect.Effect<string, SocketClosed>

  /** Asks the other side for a sign of life, without waiting for it. */
  readonly ping: Effect.Effect<void, SocketClosed>

  /** How many frames of any kind have arrived, pongs included. */
  readonly activity: Effect.Effect<number>
}

export class RealtimeSocket extends Context.Tag("effect-strata/infrastructure/network/websocket/RealtimeSocket")<
  RealtimeSocket,
  {
    /** Opens a connection that lives as long as the scope. Does not bound the time it takes. */
    readonly open: (
      url: string,
      headers: Readonly<Record<string, Redacted.Redacted<string>>>
    ) => Effect.Effect<Duplex, SocketRefused | SocketUnreachable, Scope.Scope>
  }
>() {}
