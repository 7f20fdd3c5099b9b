/**
 * One connection of the realtime protocol, from credentials to its end.
 */
import { Data, Duration, Effect, Schema } from "effect"
import type { Scope } from "effect"
import type { RemoteFailure } from "../../../domain/network/RemoteFailure.ts"
import { Forbidden, Unauthenticated, UpgradeRequired } from "../../../domain/network/RemoteFailure.ts"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import type { AccessTokens, Credentials } from "../api/AccessTokens.ts"
import { ClientFrameJson, realtimePath, ServerFrameJson } from "../api/contract/RealtimeFrame.ts"
import type { ClientFrame, ServerFrame } from "../api/contract/RealtimeFrame.ts"
import type { Duplex, RealtimeSocket, SocketRefused } from "./RealtimeSocket.ts"

export const connectTimeout = Duration.seconds(10)
export const welcomeTimeout = Duration.seconds(10)
export const idleBeforePing = Duration.seconds(15)
export const pongTimeout = Duration.seconds(10)

/** Another connection may work. */
export class ConnectionLost extends Data.TaggedError("ConnectionLost")<{
  readonly reason: "unreachable" | "refused" | "timeout" | "closed" | "silent" | "protocol" | "credentials"
  readonly retryAfter?: Duration.Duration | undefined
}> {}

/** No other connection will. */
export class ConnectionHopeless extends Data.TaggedError("ConnectionHopeless")<{
  readonly failure: RemoteFailure | SecretFailure
}> {}

export interface RealtimeConnection {
  readonly send: (frame: ClientFrame) => Effect.Effect<void, ConnectionLost>
  readonly receive: Effect.Effect<ServerFrame, ConnectionLost>
  /** Fails when the other side is silent. */
  readonly heartbeat: Effect.Effect<never, ConnectionLost>
}

/** `data` of a frame can be anything, also something that JSON cannot write. */
export const encode = Schema.encode(ClientFrameJson)
const decode = Schema.decode(ServerFrameJson)

const passing = new Set(["Offline", "Unavailable", "RateLimited", "OutcomeUnknown", "Busy"])

const fromCredentials = (failure: RemoteFailure | SecretFailure) =>
  passing.has(failure._tag)
    ? new ConnectionLost({
      reason: "credentials",
      retryAfter: failure._tag === "RateLimited" || failure._tag === "Unavailable" ? failure.retryAfter : undefined
    })
    : new ConnectionHopeless({ failure })

const fromRefusal = ({ retryAfter, status }: SocketRefused) => {
  if (status === 401) return new ConnectionHopeless({ failure: new Unauthenticated() })
  if (status === 403) return new ConnectionHopeless({ failure: new Forbidden() })
  if (status === 408 || status === 425 || status === 429 || status >= 500 || status < 400) {
    return new ConnectionLost({ reason: "refused", retryAfter })
  }
  return new ConnectionHopeless({ failure: new UpgradeRequired() })
}

const closed = () => new ConnectionLost({ reason: "closed" })

export interface Endpoint {
  readonly socket: typeof RealtimeSocket.Service
  readonly tokens: typeof AccessTokens.Service
  readonly origin: string
}

/** Opens with good credentials, and once more with new ones when the backend does not accept those. */
const open = ({ origin, socket, tokens }: Endpoint) => {
  const credentials = Effect.mapError(tokens.credentials({ method: "GET", url: realtimePath }), fromCredentials)
  const upgrade = ({ headers }: Credentials) =>
    socket.open(`${origin.replace(/^http/, "ws").replace(/\/+$/, "")}${realtimePath}`, headers).pipe(
      Effect.catchTag("SocketUnreachable", () => Effect.fail(new ConnectionLost({ reason: "unreachable" }))),
      Effect.timeoutFail({ duration: connectTimeout, onTimeout: () => new ConnectionLost({ reason: "timeout" }) })
    )
  return Effect.gen(function*() {
    const first = yield* credentials
    return yield* upgrade(first).pipe(
      Effect.catchIf(
        (failure) => failure._tag === "SocketRefused" && failure.status === 401,
        () =>
          Effect.mapError(tokens.rejected(first.generation), fromCredentials).pipe(
            Effect.zipRight(credentials),
            Effect.flatMap(upgrade)
          )
      ),
      Effect.catchTag("SocketRefused", (refused) => Effect.fail(fromRefusal(refused)))
    )
  })
}

const heartbeat = (duplex: Duplex): Effect.Effect<never, ConnectionLost> =>
  Effect.forever(Effect.gen(function*() {
    const before = yield* duplex.activity
    yield* Effect.sleep(idleBeforePing)
    if ((yield* duplex.activity) !== before) return undefined
    yield* Effect.mapError(duplex.ping, closed)
    yield* Effect.sleep(pongTimeout)
    if ((yield* duplex.activity) === before) return yield* new ConnectionLost({ reason: "silent" })
  }))

/** Succeeds when the backend has said welcome. The connection ends with the scope. */
export const make = (
  endpoint: Endpoint
): Effect.Effect<RealtimeConnection, ConnectionLost | ConnectionHopeless, Scope.Scope> =>
  Effect.gen(function*() {
    const duplex = yield* open(endpoint)
    const send = (frame: ClientFrame) =>
      encode(frame).pipe(
        // Whoever sends data has encoded it before; the other frames always encode.
        Effect.orDie,
        Effect.flatMap((text) => Effect.mapError(duplex.send(text), closed))
      )
    const receive = Effect.mapError(duplex.receive, closed).pipe(
      Effect.flatMap((text) => Effect.mapError(decode(text), () => new ConnectionLost({ reason: "protocol" })))
    )
    yield* send({ _tag: "Hello", protocol: 1 })
    const welcome = yield* Effect.timeoutFail(receive, {
      duration: welcomeTimeout,
      onTimeout: () => new ConnectionLost({ reason: "timeout" })
    })
    if (welcome._tag !== "Welcome") return yield* new ConnectionLost({ reason: "protocol" })
    return { send, receive, heartbeat: heartbeat(duplex) }
  })
