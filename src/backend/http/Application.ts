/**
 * The backend as one function from request to answer, for any transport.
 */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import type * as HttpApp from "@effect/platform/HttpApp"
import type * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServer from "@effect/platform/HttpServer"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { Context, DateTime, Effect, Layer, Option, Ref } from "effect"
import type { Scope } from "effect"
import type { Crypto } from "../../domain/security/Crypto.ts"
import { requestMaxBytes, StrataApi } from "../../infrastructure/network/api/contract/StrataApi.ts"
import { FaultInjector } from "../faults/FaultInjector.ts"
import type { Verdict } from "../faults/FaultInjector.ts"
import type { AnalyticsWriteKey } from "../handlers/AnalyticsHandlers.ts"
import * as AnalyticsHandlers from "../handlers/AnalyticsHandlers.ts"
import * as BearerAuthorization from "../handlers/BearerAuthorization.ts"
import * as DeviceHandlers from "../handlers/DeviceHandlers.ts"
import * as NoteHandlers from "../handlers/NoteHandlers.ts"
import * as ProfileHandlers from "../handlers/ProfileHandlers.ts"
import * as SessionHandlers from "../handlers/SessionHandlers.ts"
import type { RealtimeHub } from "../realtime/RealtimeHub.ts"
import type { AccountStore } from "../store/AccountStore.ts"
import type { DeviceStore } from "../store/DeviceStore.ts"
import type { EventStore } from "../store/EventStore.ts"
import type { LoginAttemptStore } from "../store/LoginAttemptStore.ts"
import type { NoteStore } from "../store/NoteStore.ts"
import type { SessionStore } from "../store/SessionStore.ts"
import * as DeprecatedVersion from "./DeprecatedVersion.ts"
import * as Documentation from "./Documentation.ts"
import * as Problems from "./Problems.ts"
import * as RequestFailures from "./RequestFailures.ts"
import * as Routes from "./Routes.ts"
import { withServerSpan } from "./ServerSpan.ts"

/** `isDropped`: the transport must break the connection instead of sending the answer. */
export interface Answer {
  readonly response: HttpServerResponse.HttpServerResponse
  readonly isDropped: boolean
}

export class Application extends Context.Tag("effect-strata/backend/http/Application")<
  Application,
  {
    /** Never fails: everything that goes wrong is an answer. A streamed body is independent of the scope. */
    readonly answer: Effect.Effect<Answer, never, HttpServerRequest.HttpServerRequest | Scope.Scope>
  }
>() {}

/** An answer in place of the one the request would get. */
export const faultResponse = ({ status }: Verdict): Option.Option<HttpServerResponse.HttpServerResponse> =>
  Option.map(
    status,
    ({ retryAfter, status: code }) =>
      Problems.respond(Problems.ofStatus(code), Option.isSome(retryAfter) ? { retryAfter: retryAfter.value } : {})
  )

/** A version is served until its sunset (RFC 8594). */
const untilSunset = <R>(app: HttpApp.Default<never, R>, path: string) =>
  DeprecatedVersion.concerns(path)
    ? Effect.flatMap(DateTime.isPast(DeprecatedVersion.sunset), (isOver) =>
      isOver ? Effect.succeed(Problems.respond(Problems.gone())) : app)
    : app

const limitBody = <R>(app: HttpApp.Default<never, R>) =>
  Effect.flatMap(
    HttpServerRequest.HttpServerRequest,
    ({ headers }) =>
      Number(headers["content-length"] ?? 0) > requestMaxBytes
        ? Effect.succeed(Problems.respond(Problems.tooLarge()))
        : HttpServerRequest.withMaxBodySize(app, Option.some(requestMaxBytes))
  )

/** No answer is kept unless it says so; 401 names the scheme (RFC 9110, section 11.6.1). */
const withDefaultHeaders = (response: HttpServerResponse.HttpServerResponse, path: string) =>
  HttpServerResponse.setHeaders(response, {
    "cache-control": "no-store",
    ...(response.status === 401 ? { "www-authenticate": "Bearer" } : {}),
    ...(DeprecatedVersion.concerns(path) ? DeprecatedVersion.headers : {}),
    ...response.headers
  })

export const make = Effect.gen(function*() {
  const faults = yield* FaultInjector
  const context = yield* Effect.context<HttpRouter.HttpRouter.DefaultServices>()
  const served = limitBody(RequestFailures.answerAll(yield* HttpApiBuilder.httpApp))

  const answer = Effect.gen(function*() {
    const dropped = yield* Ref.make(false)
    const request = yield* HttpServerRequest.HttpServerRequest
    const path = Routes.pathOf(request.url)
    const response = yield* withServerSpan(
      request,
      Effect.gen(function*() {
        const verdict = yield* faults.judge(path)
        yield* verdict.delay
        yield* Ref.set(dropped, verdict.dropResponse)
        return yield* Option.match(faultResponse(verdict), {
          onNone: () => untilSunset(served, path),
          onSome: Effect.succeed
        })
      })
    )
    return { response: withDefaultHeaders(response, path), isDropped: yield* Ref.get(dropped) }
  })

  return Application.of({ answer: Effect.mapInputContext(answer, (input) => Context.merge(context, input)) })
})

const handlers = Layer.mergeAll(
  SessionHandlers.layer,
  ProfileHandlers.layer,
  NoteHandlers.layer,
  DeviceHandlers.layer,
  AnalyticsHandlers.layer
).pipe(Layer.provide(BearerAuthorization.layer))

/** Every route of the wire contract and its documentation. */
export const layer: Layer.Layer<
  Application,
  never,
  | AccountStore
  | AnalyticsWriteKey
  | Crypto
  | DeviceStore
  | EventStore
  | FaultInjector
  | LoginAttemptStore
  | NoteStore
  | RealtimeHub
  | SessionStore
> = Layer.effect(Application, make).pipe(
  Layer.provide(HttpApiBuilder.api(StrataApi).pipe(Layer.provide(handlers), Layer.provide(BearerAuthorization.layer))),
  Layer.provide(Layer.mergeAll(Documentation.layer, RequestFailures.layer)),
  Layer.provide([HttpApiBuilder.Router.Live, HttpApiBuilder.Middleware.layer, HttpServer.layerContext])
)
