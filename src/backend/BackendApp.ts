/**
 * The backend without a network: the same handlers and the same realtime hub, called directly.
 */
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { Context, Deferred, Effect, Either, Exit, Layer, Mailbox, Schema, Stream } from "effect"
import type { Scope } from "effect"
import { realtimeCloseCodes, realtimePath } from "../infrastructure/network/api/contract/RealtimeFrame.ts"
import { FaultInjector } from "./faults/FaultInjector.ts"
import { Application } from "./http/Application.ts"
import { RealtimeHub } from "./realtime/RealtimeHub.ts"
import * as Upgrade from "./realtime/Upgrade.ts"
import type { SessionStore } from "./store/SessionStore.ts"

/** `refused`: no connection was made. `reset`: it broke after the request was sent, which may have been served. */
export class ConnectionFault extends Schema.TaggedError<ConnectionFault>()("ConnectionFault", {
  reason: Schema.Literal("refused", "reset")
}) {
  override get message() {
    return `The connection was ${this.reason}`
  }
}

/** The upgrade was answered with plain HTTP. */
export class UpgradeRefused extends Schema.TaggedError<UpgradeRefused>()("UpgradeRefused", {
  status: Schema.Number,
  headers: Schema.Record({ key: Schema.String, value: Schema.String })
}) {
  override get message() {
    return `The realtime connection was refused with status ${this.status}`
  }
}

/** The client's end. Frames that arrived before the close are still received. */
export interface MemorySocket {
  readonly send: (text: string) => Effect.Effect<void>
  readonly receive: Stream.Stream<string>
  /** The close code, 1006 when the connection broke. */
  readonly closed: Effect.Effect<number>
  readonly close: (code?: number) => Effect.Effect<void>
}

/** Frames that may wait for a client that does not read. */
const waitingFrames = 1024

export class BackendApp extends Context.Tag("effect-strata/backend/BackendApp")<
  BackendApp,
  {
    /** Serves one request; a streamed body lives until it is read to its end or cancelled. Faults apply. */
    readonly handle: (request: Request) => Effect.Effect<Response, ConnectionFault>

    /** Opens the realtime connection with the headers of its upgrade request; it closes with the scope. */
    readonly connect: (
      headers: Readonly<Record<string, string>>
    ) => Effect.Effect<MemorySocket, ConnectionFault | UpgradeRefused, Scope.Scope>
  }
>() {}

export const make = Effect.gen(function*() {
  const application = yield* Application
  const faults = yield* FaultInjector
  const hub = yield* RealtimeHub
  const admit = yield* Upgrade.make

  const requireConnection = Effect.if(faults.isConnected, {
    onTrue: () => Effect.void,
    onFalse: () => new ConnectionFault({ reason: "refused" })
  })
  const reset = Effect.zipRight(faults.cut, new ConnectionFault({ reason: "reset" }))

  return BackendApp.of({
    handle: Effect.fnUntraced(function*(request) {
      yield* requireConnection
      const { isDropped, response } = yield* application.answer.pipe(
        Effect.provideService(HttpServerRequest.HttpServerRequest, HttpServerRequest.fromWeb(request)),
        Effect.scoped,
        Effect.raceFirst(reset)
      )
      if (isDropped) return yield* new ConnectionFault({ reason: "reset" })
      const { body } = response
      const breakable = body._tag === "Stream"
        ? HttpServerResponse.stream(Stream.interruptWhen(body.stream, reset), {
          ...response,
          contentType: body.contentType
        })
        : response
      return HttpServerResponse.toWeb(breakable, {
        withoutBody: request.method === "HEAD",
        runtime: yield* Effect.runtime()
      })
    }),

    connect: Effect.fnUntraced(function*(headers) {
      yield* requireConnection
      const admitted = yield* Effect.raceFirst(admit(realtimePath, headers), reset)
      if (Either.isLeft(admitted)) {
        return yield* new UpgradeRefused({ status: admitted.left.status, headers: { ...admitted.left.headers } })
      }
      const toClient = yield* Mailbox.make<string>(waitingFrames)
      const closed = yield* Deferred.make<number>()
      const close = (code: number) => {
        Deferred.unsafeDone(closed, Exit.succeed(code))
        toClient.unsafeDone(Exit.void)
      }
      const receive = yield* hub.attach(admitted.right, {
        send: (text) => {
          if (!toClient.unsafeOffer(text)) close(realtimeCloseCodes.slowConsumer)
        },
        close
      })
      yield* Effect.forkScoped(Effect.zipRight(faults.cut, Effect.sync(() => close(1006))))
      yield* Effect.addFinalizer(() => Effect.sync(() => close(1000)))
      return {
        send: (text) => Effect.unlessEffect(receive(text), Deferred.isDone(closed)),
        receive: Mailbox.toStream(toClient),
        closed: Deferred.await(closed),
        close: (code = 1000) => Effect.sync(() => close(code))
      }
    })
  })
})

/** No socket is opened; latency and other faults pass in the caller's clock. */
export const layer: Layer.Layer<BackendApp, never, Application | FaultInjector | RealtimeHub | SessionStore> = Layer
  .effect(BackendApp, make)
