/**
 * `Transport` over any `HttpClient`, for platforms and backends that have their own. It cannot tell how long a connection
 * took, and knows whether a request was sent only where the client's errors say it.
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { Context, Effect, Layer, Option } from "effect"
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

export const make = Effect.map(HttpClient.HttpClient, (client) => {
  const bare = client.pipe(
    HttpClient.withTracerDisabledWhen(() => true),
    HttpClient.withTracerPropagation(false)
  )
  return Transport.of({
    exchange: (request, limits) =>
      limited(
        request,
        limits,
        unfollowed(Effect.mapError(bare.execute(HttpClientRequest.removeHash(request)), fromHttpClientError))
      )
  })
})

/** The client must not retry, and not fail for any status. */
export const layer: Layer.Layer<Transport, never, HttpClient.HttpClient> = Layer.effect(Transport, make)
