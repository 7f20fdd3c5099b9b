/**
 * One CLIENT span per attempt, whose context the request carries (W3C Trace Context). It holds neither ids, nor
 * queries, nor headers.
 */
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import { Cause, Clock, Duration, Effect, Exit } from "effect"
import type { Tracer } from "effect"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import * as Catalogue from "../../telemetry/catalogue/Http.ts"
import * as Meter from "../../telemetry/Meter.ts"
import * as Span from "../../telemetry/Span.ts"
import type { ApiError } from "../api/ApiError.ts"
import type { AttemptInterceptor } from "./Interceptor.ts"

const knownMethods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] as const

/** How a span ends: an error status or a failed exchange is an error, told by a bounded word. */
const ending = (exit: Exit.Exit<HttpClientResponse, ApiError | SecretFailure>): string | undefined => {
  if (Exit.isSuccess(exit)) return exit.value.status >= 400 ? String(exit.value.status) : undefined
  if (Cause.isInterruptedOnly(exit.cause)) return undefined
  const failure = Cause.failureOption(exit.cause)
  if (failure._tag === "None") return "Defect"
  return failure.value._tag === "TransportFailure" ? failure.value.reason : failure.value._tag
}

const traceparent = (span: Tracer.Span) =>
  /^[0-9a-f]{32}$/.test(span.traceId) ? `00-${span.traceId}-${span.spanId}-${span.sampled ? "01" : "00"}` : undefined

export const make = (origin: string): AttemptInterceptor => {
  const { hostname, port, protocol } = new URL(origin)
  const server = {
    "server.address": hostname,
    "server.port": Number(port === "" ? (protocol === "https:" ? 443 : 80) : port),
    "url.scheme": protocol.slice(0, -1)
  }
  const around: AttemptInterceptor["around"] = (next) => (request, attempt) => {
    const { call } = attempt
    const { method } = request
    const resends = call.sends++
    const template = call.template === undefined ? {} : { "url.template": call.template }
    const open = Span.make(Catalogue.request, {
      "http.request.method": method,
      ...server,
      ...template,
      ...(resends === 0 ? {} : { "http.request.resend_count": resends })
    }, { "http.request.method": method, ...template })
    const close = (span: Tracer.Span, exit: Exit.Exit<HttpClientResponse, ApiError | SecretFailure>) =>
      Effect.gen(function*() {
        const end = yield* Clock.currentTimeNanos
        const status = Exit.isSuccess(exit) ? exit.value.status : undefined
        if (status !== undefined) span.attribute("http.response.status_code", status)
        const error = ending(exit)
        if (error !== undefined) span.attribute("error.type", error)
        const interrupted = Exit.isFailure(exit) && Cause.isInterruptedOnly(exit.cause)
        span.end(end, interrupted ? exit : error === undefined ? Exit.void : Exit.fail({ _tag: error, message: error }))
        if (span.status._tag !== "Ended") return
        yield* Meter.record(Catalogue.requestDuration, Duration.nanos(end - span.status.startTime), {
          "http.request.method": knownMethods.find((known) => known === method) ?? "_OTHER",
          ...(status === undefined ? {} : { "http.response.status_code": String(status) })
        })
      })
    return Effect.acquireUseRelease(
      open,
      (span) => {
        const header = traceparent(span)
        return next(
          header === undefined ? request : HttpClientRequest.setHeader(request, "traceparent", header),
          attempt
        )
      },
      close
    )
  }
  return { stage: "wire", around }
}
