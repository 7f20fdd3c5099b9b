/**
 * `HttpClient` over a transport, for requests that are not calls to the backend: probes, collectors, other services. Without
 * retries and without a span of its own.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import { RequestError } from "@effect/platform/HttpClientError"
import { Context, Effect } from "effect"
import type { PhaseLimits, Transport } from "./Transport.ts"

const limits: PhaseLimits = {
  connect: 5000,
  headers: 10_000,
  bodyIdle: 10_000,
  attempt: Number.POSITIVE_INFINITY,
  total: Number.POSITIVE_INFINITY
}

export const make = (transport: typeof Transport.Service): Context.Context<HttpClient.HttpClient> =>
  Context.make(
    HttpClient.HttpClient,
    HttpClient.makeWith<RequestError, never, RequestError, never>(
      Effect.flatMap((request) =>
        Effect.mapError(
          transport.exchange(request, limits),
          (cause) => new RequestError({ request, reason: "Transport", cause })
        )
      ),
      Effect.succeed
    )
  )
