/**
 * One server span per request, in place of the platform's, which records raw paths and headers.
 */
import type { Headers } from "@effect/platform/Headers"
import type { HttpServerResponse } from "@effect/platform/HttpServerResponse"
import * as HttpTraceContext from "@effect/platform/HttpTraceContext"
import { Context, Data, Effect, Option, Tracer } from "effect"
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

/** The client's span where the request names one, else none: a request is no part of whatever started the server. */
const inTraceOf = <A, E, R>(headers: Headers, effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Option.match(HttpTraceContext.fromHeaders(headers), {
    onNone: () => Effect.mapInputContext(effect, (context: Context.Context<R>) => withoutSpan(context)),
    onSome: (parent) => Effect.withParentSpan(effect, parent)
  })

const withoutSpan = <R>(context: Context.Context<R>) =>
  Context.omit(Tracer.ParentSpan)(context as Context.Context<R | Tracer.ParentSpan>) as Context.Context<R>

/** Continues the client's trace (W3C Trace Context); 5xx marks the span as failed. */
export const withServerSpan = <R>(
  { headers, method: sent, url }: { readonly headers: Headers; readonly method: string; readonly url: string },
  answer: Effect.Effect<HttpServerResponse, never, R>
): Effect.Effect<HttpServerResponse, never, R> => {
  const method = methods.has(sent) ? sent : "_OTHER"
  const route = Routes.find(sent, url)
  return answer.pipe(
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
    (effect) => inTraceOf(headers, effect),
    Effect.catchAll(({ response }) => Effect.succeed(response))
  )
}
