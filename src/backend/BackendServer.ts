/**
 * The backend on real HTTP and WebSocket, reachable from this machine only.
 */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpMiddleware from "@effect/platform/HttpMiddleware"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { Effect, Layer, Option } from "effect"
import type { CannotListen } from "./BackendAddress.ts"
import { BackendAddress } from "./BackendAddress.ts"
import * as FaultControl from "./faults/FaultControl.ts"
import { FaultInjector } from "./faults/FaultInjector.ts"
import { Application } from "./http/Application.ts"
import * as LoopbackServer from "./http/LoopbackServer.ts"
import type { RealtimeHub } from "./realtime/RealtimeHub.ts"
import * as RealtimeSockets from "./realtime/RealtimeSockets.ts"
import type { SessionStore } from "./store/SessionStore.ts"

export interface Options {
  /** 0, the default, lets the operating system choose. */
  readonly port?: number | undefined

  /** Whether other processes of this machine may switch faults. */
  readonly faults?: boolean | undefined
}

/** A dropped answer breaks the connection before its first byte. */
const app = ({ answer }: typeof Application.Service): HttpApp.Default =>
  Effect.gen(function*() {
    const { isDropped, response } = yield* answer
    if (!isDropped) return response
    NodeHttpServerRequest.toIncomingMessage(yield* HttpServerRequest.HttpServerRequest).socket.destroy()
    return HttpServerResponse.empty()
  }).pipe(Effect.scoped, Effect.interruptible)

export const make = (options: Options) =>
  Effect.gen(function*() {
    const faults = yield* FaultInjector
    const loopback = yield* LoopbackServer.make(options.port ?? 0)
    const handler = yield* NodeHttpServer.makeHandler(app(yield* Application)).pipe(
      HttpMiddleware.withTracerDisabledWhenEffect(() => true)
    )
    loopback.server.on("request", handler)
    yield* RealtimeSockets.serve(loopback.server)
    yield* faults.onChange((connected) =>
      connected
        ? Effect.catchAll(loopback.restore, (failure) => Effect.logError(failure.message))
        : loopback.cut
    )
    const faultsUrl = options.faults === true ? yield* Effect.asSome(FaultControl.serve) : Option.none()
    return BackendAddress.of({ url: loopback.url, pid: process.pid, faultsUrl })
  })

/** Listens when built; closing takes less than a second, whatever clients do. */
export const layer = (
  options: Options = {}
): Layer.Layer<BackendAddress, CannotListen, Application | FaultInjector | RealtimeHub | SessionStore> =>
  Layer.scoped(BackendAddress, make(options))
