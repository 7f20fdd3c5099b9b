/**
 * `Transport` over a server in this process: the same requests and answers without a socket.
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { Effect, Layer, Option } from "effect"
import { TransportFailure } from "../ApiError.ts"
import { limited } from "./LimitedExchange.ts"
import { MemoryServer } from "./MemoryServer.ts"
import { Transport } from "./Transport.ts"
import type { PhaseLimits } from "./Transport.ts"
import * as TransportHttpClient from "./TransportHttpClient.ts"
import * as WholeBody from "./WholeBody.ts"

const invalid = (cause?: unknown) => new TransportFailure({ reason: "invalid_request", sent: "no", cause })

const webRequest = (url: URL, { bytes, request: { headers, method } }: WholeBody.Whole) =>
  Effect.try({
    try: () =>
      new Request(url, {
        method,
        headers,
        redirect: "manual",
        ...(bytes === undefined ? {} : { body: Buffer.from(bytes) })
      }),
    catch: invalid
  })

export const make = Effect.gen(function*() {
  const server = yield* MemoryServer
  const answered = (request: HttpClientRequest.HttpClientRequest, url: URL) =>
    WholeBody.of(request).pipe(
      Effect.flatMap((whole) => webRequest(url, whole)),
      Effect.flatMap((incoming) => server.handle(incoming)),
      Effect.catchTags({
        ConnectionRefused: () => new TransportFailure({ reason: "refused", sent: "no" }),
        ConnectionCut: () => new TransportFailure({ reason: "reset", sent: "maybe" })
      }),
      Effect.map((response) => HttpClientResponse.fromWeb(request, response))
    )
  const exchange = (request: HttpClientRequest.HttpClientRequest, limits: PhaseLimits) => {
    const url = Option.getOrUndefined(HttpClientRequest.toUrl(request))
    if (url === undefined) return Effect.fail(invalid())
    url.hash = ""
    return limited(request, limits, answered(request, url))
  }
  return Transport.of({ exchange })
})

export const layer: Layer.Layer<Transport | HttpClient.HttpClient, never, MemoryServer> = Layer.effectContext(
  Effect.map(make, TransportHttpClient.withTransport)
)
