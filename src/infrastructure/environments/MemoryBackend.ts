/**
 * The embedded backend inside this process, reached without a network.
 */
import { Duration, Effect, Layer, Mailbox, Option, Redacted } from "effect"
import * as Backend from "../../backend/Backend.ts"
import { BackendApp } from "../../backend/BackendApp.ts"
import type { ConnectionFault, MemorySocket } from "../../backend/BackendApp.ts"
import { migrations } from "../../backend/Migrations.ts"
import { Unavailable } from "../../domain/network/RemoteFailure.ts"
import { demoAccount, demoAnalyticsWriteKey } from "../config/constants/DemoAccount.ts"
import { ConnectionCut, ConnectionRefused, MemoryServer } from "../network/api/transport/MemoryServer.ts"
import { SocketClosed, SocketRefused } from "../network/websocket/RealtimeSocket.ts"
import type { Duplex } from "../network/websocket/RealtimeSocket.ts"
import * as MemoryCrypto from "../security/encryption/MemoryCrypto.ts"
import * as MemoryPasswordHashing from "../security/encryption/MemoryPasswordHashing.ts"
import * as SqliteLocalDatabase from "../storage/local/SqliteLocalDatabase.ts"

/** The client's end as the client's protocol wants it: what arrived is read before the close. */
const duplex = (socket: MemorySocket) =>
  Effect.gen(function*() {
    const frames = yield* Mailbox.fromStream(socket.receive, { capacity: 1024 })
    let activity = 0
    const closed = Effect.flatMap(socket.closed, (code) => new SocketClosed({ code }))
    const open = Effect.if(Effect.map(frames.size, Option.isSome), { onTrue: () => Effect.void, onFalse: () => closed })
    const count = Effect.sync(() => void activity++)
    const result: Duplex = {
      send: (frame) => Effect.zipRight(open, socket.send(frame)),
      receive: frames.take.pipe(Effect.tap(() => count), Effect.catchAll(() => closed)),
      ping: Effect.zipRight(open, count),
      activity: Effect.sync(() => activity)
    }
    return result
  })

const connectionFailure = ({ reason }: ConnectionFault) =>
  reason === "refused" ? new ConnectionRefused() : new ConnectionCut()

const server = Layer.effect(
  MemoryServer,
  Effect.map(BackendApp, (app) =>
    MemoryServer.of({
      handle: (request) => Effect.mapError(app.handle(request), connectionFailure),
      connect: ({ headers }) =>
        app.connect(headers).pipe(
          Effect.mapError((failure) => {
            if (failure._tag === "ConnectionFault") return new ConnectionRefused()
            const seconds = Number(failure.headers["retry-after"])
            return new SocketRefused({
              status: failure.status,
              retryAfter: Number.isFinite(seconds) ? Duration.seconds(seconds) : undefined
            })
          }),
          Effect.flatMap(duplex)
        )
    }))
)

const stores = Layer.mergeAll(
  SqliteLocalDatabase.layer({ filename: ":memory:", migrations, store: "backend database" }),
  MemoryCrypto.layer,
  MemoryPasswordHashing.layer
)

/** Starts empty but for the demo account; each build is a backend of its own. */
export const layer = Layer.provideMerge(
  server,
  Backend.memory({
    analyticsWriteKey: Redacted.make(demoAnalyticsWriteKey),
    accounts: [{ username: demoAccount.username, password: Redacted.make(demoAccount.password) }]
  })
).pipe(
  Layer.mapError((failure) => failure._tag === "HashingUnavailable" ? new Unavailable({}) : failure),
  Layer.provide(stores)
)
