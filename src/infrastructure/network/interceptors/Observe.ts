/**
 * One INTERNAL span per call, and one line in the log: at INFO when the backend answered or could not be reached, at
 * WARN when something went wrong at the backend or on the way. A failure tells the history of its attempts. Both hold
 * words and numbers only: no URL, no header, no text of anybody.
 */
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import { Effect, Exit, FiberRef, LogLevel } from "effect"
import type { Tracer } from "effect"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import * as Catalogue from "../../telemetry/catalogue/Http.ts"
import * as Span from "../../telemetry/Span.ts"
import type { ApiError, AttemptRecord } from "../api/ApiError.ts"
import * as SpanEnd from "../api/SpanEnd.ts"
import { partsOf } from "../api/UrlTemplate.ts"
import type { Call } from "./Call.ts"
import type { CallInterceptor } from "./Interceptor.ts"

/** For the name of the span. */
const namesOf = (template: string): Readonly<Record<string, string>> => {
  const { rest, version = "" } = partsOf(template)
  return { "strata.api.version": version, "url.template": rest }
}

const unnamed = {}

const attempt = ({ cause, duration, resendReason }: AttemptRecord) =>
  `${resendReason === undefined ? "" : `${resendReason}: `}${cause} after ${Math.round(duration)} ms`

/** A call that never got out is news for `Connectivity`, once, and not for every call. */
const notSent = new Set(["Offline", "refused", "unresolved", "unreachable", "connect_timeout", "SessionExpired"])

const levelOf = (status: number | undefined, error: string | undefined) =>
  error === undefined || (status !== undefined && status < 500) || notSent.has(error) ? LogLevel.Info : LogLevel.Warning

const line = (call: Call, { error, interrupted, status }: SpanEnd.Ended) =>
  Effect.logWithLevel(
    levelOf(status, error),
    `${call.method} ${call.template ?? "(other path)"}: ${
      status ?? error ?? (interrupted === undefined ? "done" : "interrupted")
    }`
  ).pipe(Effect.annotateLogs({
    "strata.http.duration_ms": Math.round(call.now() - call.startedAt),
    "strata.http.sends": call.sends,
    ...(error === undefined || call.attempts.length === 0
      ? {}
      : { "strata.http.attempts": call.attempts.map(attempt).join("; ") })
  }))

const open = ({ method, template }: Call) =>
  template === undefined
    ? Span.make(Catalogue.call, { "http.request.method": method }, unnamed)
    : Span.make(Catalogue.call, { "http.request.method": method, "url.template": template }, namesOf(template))

export const make = (): CallInterceptor => ({
  stage: "observe",
  around: (next) => (request, call) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.withFiberRuntime((fiber) => {
        const close = (
          span: Tracer.Span | undefined,
          ended: SpanEnd.Ended,
          exit: Exit.Exit<HttpClientResponse, ApiError | SecretFailure>
        ): ReturnType<typeof next> => {
          if (span !== undefined) {
            span.attribute("strata.http.sends", call.sends)
            SpanEnd.end(fiber, span, ended)
          }
          const level = levelOf(ended.status, ended.error)
          return LogLevel.greaterThan(fiber.getFiberRef(FiberRef.currentMinimumLogLevel), level)
            ? exit
            : Effect.zipRight(line(call, ended), exit)
        }
        // What throws must not leave the span open.
        const sent = Effect.suspend(() => next(request, call))
        const run = (span: Tracer.Span | undefined) =>
          Effect.matchCauseEffect(restore(span === undefined ? sent : Effect.withParentSpan(sent, span)), {
            onFailure: (cause) => close(span, SpanEnd.failed(cause), Exit.failCause(cause)),
            onSuccess: (response) => close(span, SpanEnd.answered(response), Exit.succeed(response))
          })
        return fiber.getFiberRef(FiberRef.currentTracerEnabled)
          ? Effect.flatMap(open(call), run)
          : run(undefined)
      })
    )
})
