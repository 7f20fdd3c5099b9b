/**
 * `HttpClient` over a transport, for requests that are not calls to the backend: probes, collectors, other services. Without
 * retries and without a span of its own.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import { RequestError } from "@effect/platform/HttpClientError"
import { Context, Effect } from "effect"
import { Transport } from "./Transport.ts"
import type { PhaseLimits } from "./Transport.ts"

const limits: PhaseLimits = {
  connect: 5000,
  headers: 10_000,
  bodyIdle: 10_000,
  attempt: Number.POSITIVE_INFINITY,
  total: Number.POSITIVE_INFINITY
}

const httpClient = ({ exchange }: typeof Transport.Service) =>
  HttpClient.makeWith<RequestError, never, RequestError, never>(
    Effect.flatMap((request) =>
      Effect.mapError(exchange(request, limits), (cause) => new RequestError({ request, reason: "Transport", cause }))
    ),
    Effect.succeed
  )

/** The transport, and the client over it. */
export const withTransport = (
  transport: typeof Transport.Service
): Context.Context<Transport | HttpClient.HttpClient> =>
  Context.add(Context.make(Transport, transport), HttpClient.HttpClient, httpClient(transport))
