/**
 * One server span per request, in place of the platform's, which records raw paths and headers.
 */
import type { Headers } from "@effect/platform/Headers"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import type { HttpServerResponse } from "@effect/platform/HttpServerResponse"
import * as HttpTraceContext from "@effect/platform/HttpTraceContext"
import { Data, Effect, Option } from "effect"
import { serverRequest } from "../../infrastructure/telemetry/catalogue/Backend.ts"
import * as Span from "../../infrastructure/telemetry/Span.ts"
import * as Routes from "./Routes.ts"

/** Fails the span, not the request; its tag is the span's `error.type`. */
class ErrorStatus extends Data.Error<{ readonly _tag: string; readonly response: HttpServerResponse }> {
  override get message() {
    return `The answer is ${this._tag}`
  }
}

const methods = new Set(["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"])

/** The caller's span, where the request names one. */
const inParent = <A, E, R>(effect: Effect.Effect<A, E, R>, headers: Headers): Effect.Effect<A, E, R> => {
  const parent = HttpTraceContext.fromHeaders(headers)
  return Option.isSome(parent) ? Effect.withParentSpan(effect, parent.value) : effect
}

/** Continues the client's trace (W3C Trace Context); 5xx marks the span as failed. */
export const withServerSpan = <R>(app: HttpApp.Default<never, R>): HttpApp.Default<never, R> =>
  Effect.gen(function*() {
    const { headers, method: sent, url } = yield* HttpServerRequest.HttpServerRequest
    const method = methods.has(sent) ? sent : "_OTHER"
    const route = Routes.find(sent, url)
    return yield* app.pipe(
      Effect.tap(({ status }) => Span.annotate(serverRequest, { "http.response.status_code": status })),
      Effect.filterOrFail(
        ({ status }) => status < 500,
        (response) => new ErrorStatus({ _tag: `${response.status}`, response })
      ),
      Span.withSpan(
        serverRequest,
        { "http.request.method": method, ...(Option.isSome(route) ? { "http.route": route.value } : {}) },
        { "http.request.method": method, "http.route": Option.getOrElse(route, () => "*") }
      ),
      (effect) => inParent(effect, headers),
      Effect.catchAll(({ response }) => Effect.succeed(response))
    )
  })
