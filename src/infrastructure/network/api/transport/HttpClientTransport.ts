/**
 * `Transport` over any `HttpClient`, for platforms and backends that have their own. It cannot tell how long a connection
 * took, and knows whether a request was sent only where the client's errors say it.
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import type { HttpClientError } from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { Context, Effect, Layer, Option, Stream } from "effect"
import { TransportFailure } from "../ApiError.ts"
import { fromHttpClientError } from "./FailureReason.ts"
import { limited } from "./LimitedExchange.ts"
import { Transport } from "./Transport.ts"

/** What `fetch` would do by itself is a stage of the pipeline; clients that are not `fetch` follow nothing by themselves. */
const unfollowed = Effect.mapInputContext((context: Context.Context<never>) =>
  Context.add(context, FetchHttpClient.RequestInit, {
    ...Option.getOrUndefined(
      Context.getOption(context as Context.Context<FetchHttpClient.RequestInit>, FetchHttpClient.RequestInit)
    ),
    redirect: "manual" as const
  })
)

/** The same request, whose stream tells why it failed: clients do not. */
const watched = (request: HttpClientRequest.HttpClientRequest) => {
  const { body } = request
  let failure: TransportFailure | undefined
  const stream = (source: Stream.Stream<Uint8Array, unknown>) =>
    Stream.tapError(source, (cause) =>
      Effect.sync(() => {
        failure = new TransportFailure({ reason: "invalid_request", sent: "maybe", cause })
      }))
  return {
    request: body._tag === "Stream"
      ? HttpClientRequest.setBody(request, HttpBody.stream(stream(body.stream), body.contentType, body.contentLength))
      : request,
    failureOf: (error: HttpClientError) => failure ?? fromHttpClientError(error)
  }
}

export const make = Effect.map(HttpClient.HttpClient, (client) => {
  const untraced = client.pipe(
    HttpClient.withTracerDisabledWhen(() => true),
    HttpClient.withTracerPropagation(false)
  )
  return Transport.of({
    exchange: (original, limits) => {
      const { failureOf, request } = watched(HttpClientRequest.removeHash(original))
      return limited(original, limits, unfollowed(Effect.mapError(untraced.execute(request), failureOf)))
    }
  })
})

/** The client must not retry, and not fail for any status. */
export const layer: Layer.Layer<Transport, never, HttpClient.HttpClient> = Layer.effect(Transport, make)
