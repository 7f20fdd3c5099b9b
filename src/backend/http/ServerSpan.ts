/**
 * One server span per request, in place of the platform's, which records raw paths and headers.
 */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import type { HttpServerResponse } from "@effect/platform/HttpServerResponse"
import * as HttpTraceContext from "@effect/platform/HttpTraceContext"
import { Data, Effect, Option } from "effect"
import { serverRequest } from "../../infrastructure/telemetry/catalogue/Backend.ts"
import * as Routes from "./Routes.ts"

/** Fails the span, not the request. */
class ErrorStatus extends Data.TaggedError("ErrorStatus")<{ readonly response: HttpServerResponse }> {
  override get message() {
    return `The answer is ${this.response.status}`
  }
}

const methods = new Set(["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"])

/** Continues the client's trace (W3C Trace Context); 5xx marks the span as failed. */
export const withServerSpan = <R>(app: HttpApp.Default<never, R>): HttpApp.Default<never, R> =>
  Effect.gen(function*() {
    const request = yield* HttpServerRequest.HttpServerRequest
    const method = methods.has(request.method) ? request.method : "_OTHER"
    const route = Routes.find(request.method, request.url)
    const parent = HttpTraceContext.fromHeaders(request.headers)
    return yield* app.pipe(
      Effect.tap((response) => Effect.annotateCurrentSpan("http.response.status_code", response.status)),
      Effect.filterOrFail(({ status }) => status < 500, (response) => new ErrorStatus({ response })),
      Effect.tapError(({ response }) => Effect.annotateCurrentSpan("error.type", `${response.status}`)),
      Effect.withSpan(Option.match(route, { onNone: () => method, onSome: (path) => `${method} ${path}` }), {
        kind: serverRequest.kind,
        captureStackTrace: false,
        parent: Option.getOrUndefined(parent),
        attributes: {
          "http.request.method": method,
          ...(Option.isSome(route) ? { "http.route": route.value } : {})
        }
      }),
      Effect.catchAll(({ response }) => Effect.succeed(response))
    )
  })
