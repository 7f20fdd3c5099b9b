/**
 * One CLIENT span per attempt, by the HTTP conventions of OpenTelemetry, whose context the request carries (W3C Trace
 * Context), its metrics, and a line at DEBUG. They hold neither ids, nor queries, nor headers: `url.full` is left out
 * because a path holds the ids of a person's notes and devices; `url.template` stands for it.
 */
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import { Duration, Effect, FiberRef, LogLevel } from "effect"
import type { Tracer } from "effect"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import * as Catalogue from "../../telemetry/catalogue/Http.ts"
import * as Span from "../../telemetry/Span.ts"
import type { ApiError } from "../api/ApiError.ts"
import type { OriginState } from "../api/origin/OriginState.ts"
import * as SpanEnd from "../api/SpanEnd.ts"
import type { Attempt } from "./Attempt.ts"
import type { AttemptInterceptor } from "./Interceptor.ts"

const knownMethods = Catalogue.activeRequests.attributes["http.request.method"].values

const isKnown = (method: string): method is typeof knownMethods[number] =>
  knownMethods.some((known) => known === method)

/** What is told of every attempt of one method at one host, made once: it is most of what an attempt's telemetry costs. */
const seriesOf = (server: Server, method: string) => {
  const known = isKnown(method)
  const labels: Labels = {
    "http.request.method": known ? method : "_OTHER",
    "server.address": server.address,
    "server.port": String(server.port)
  }
  const ended = new Map<string, Labels>()
  return {
    labels,
    /** With how the attempt ended. */
    endedWith: (status: number | undefined, error: string | undefined): Labels => {
      const key = error ?? String(status)
      const found = ended.get(key)
      if (found !== undefined) return found
      const made = {
        ...labels,
        "http.response.status_code": status === undefined ? undefined : String(status),
        "error.type": error
      }
      ended.set(key, made)
      return made
    },
    attributes: {
      "http.request.method": known ? method : "_OTHER",
      ...(known ? {} : { "http.request.method_original": method.slice(0, 20) }),
      "server.address": server.address,
      "server.port": server.port,
      "url.scheme": server.scheme
    },
    name: { "http.request.method": known ? method : "HTTP" }
  }
}

type Labels = Readonly<Record<string, string | undefined>>
type Series = ReturnType<typeof seriesOf>

class Server {
  readonly address: string
  readonly port: number
  readonly scheme: string
  private readonly methods = new Map<string, Series>()

  constructor({ url }: OriginState) {
    const { hostname, port, protocol } = new URL(url)
    this.address = hostname.replace(/^\[|\]$/g, "")
    this.port = Number(port === "" ? (protocol === "https:" ? 443 : 80) : port)
    this.scheme = protocol.slice(0, -1)
  }

  of(method: string): Series {
    const found = this.methods.get(method)
    if (found !== undefined) return found
    const made = seriesOf(this, method)
    if (isKnown(method)) this.methods.set(method, made)
    return made
  }
}

const open = (attempt: Attempt, { attributes, name }: Series, resends: number) => {
  const { call } = attempt
  const template = call.template === undefined || attempt.origin !== call.origin
    ? undefined
    : { "url.template": call.template }
  const opened = Span.make(Catalogue.request, attributes, template === undefined ? name : { ...name, ...template })
  return Effect.map(opened, (span) => {
    if (template !== undefined) span.attribute("url.template", template["url.template"])
    if (resends > 0) span.attribute("http.request.resend_count", resends)
    return span
  })
}

const withTraceparent = (request: HttpClientRequest.HttpClientRequest, { sampled, spanId, traceId }: Tracer.Span) =>
  /^[0-9a-f]{32}$/.test(traceId) && /^[0-9a-f]{16}$/.test(spanId)
    ? HttpClientRequest.setHeader(request, "traceparent", `00-${traceId}-${spanId}-${sampled ? "01" : "00"}`)
    : request

export const make = (): AttemptInterceptor => {
  const servers = new WeakMap<OriginState, Server>()
  const serverOf = (origin: OriginState) => {
    const known = servers.get(origin)
    if (known !== undefined) return known
    const server = new Server(origin)
    servers.set(origin, server)
    return server
  }

  const around: AttemptInterceptor["around"] = (next) => (request, attempt) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.withFiberRuntime((fiber) => {
        const { call } = attempt
        const series = serverOf(attempt.origin).of(request.method)
        const resends = call.sends++
        const sentAt = call.now()
        attempt.sentAt = sentAt
        Catalogue.activeRequests.update(1, series.labels)

        const close = (span: Tracer.Span | undefined, ended: SpanEnd.Ended): Effect.Effect<void> | undefined => {
          const millis = call.now() - sentAt
          Catalogue.activeRequests.update(-1, series.labels)
          Catalogue.requestDuration.update(millis / 1000, series.endedWith(ended.status, ended.error))
          if (span !== undefined) SpanEnd.end(fiber, span, ended)
          if (LogLevel.greaterThan(fiber.getFiberRef(FiberRef.currentMinimumLogLevel), LogLevel.Debug)) return undefined
          const outcome = ended.status ?? ended.error ?? "interrupted"
          return Effect.logDebug(
            `attempt ${resends + 1}: ${series.name["http.request.method"]} ${
              call.template ?? "(other path)"
            } ${outcome} after ${Duration.format(Duration.millis(Math.round(millis)))}`
          )
        }

        const exchange = (span: Tracer.Span | undefined) =>
          Effect.matchCauseEffect(
            // What throws must not leave the span open.
            restore(Effect.suspend(() => next(span === undefined ? request : withTraceparent(request, span), attempt))),
            {
              onSuccess: (response) => {
                const line = close(span, SpanEnd.answered(response))
                return line === undefined ? Effect.succeed(response) : Effect.as(line, response)
              },
              onFailure: (cause): Effect.Effect<HttpClientResponse, ApiError | SecretFailure> => {
                const line = close(span, SpanEnd.failed(cause))
                return line === undefined ? Effect.failCause(cause) : Effect.zipRight(line, Effect.failCause(cause))
              }
            }
          )

        return fiber.getFiberRef(FiberRef.currentTracerEnabled)
          ? Effect.flatMap(open(attempt, series, resends), exchange)
          : exchange(undefined)
      })
    )
  return { stage: "wire", around }
}
