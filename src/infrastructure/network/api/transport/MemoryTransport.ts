/**
 * `Transport` over a server in this process: the same requests and answers without a socket.
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as UrlParams from "@effect/platform/UrlParams"
import { Context, Duration, Effect, Either, Layer } from "effect"
import { DeadlineExceeded, TransportFailure } from "../ApiError.ts"
import { buffer, maxBodyBytes } from "./BufferedResponse.ts"
import { fromHttpClientError } from "./FailureReason.ts"
import { MemoryServer } from "./MemoryServer.ts"
import { Transport } from "./Transport.ts"
import type { PhaseLimits } from "./Transport.ts"
import * as TransportHttpClient from "./TransportHttpClient.ts"

export const make = Effect.gen(function*() {
  const server = yield* MemoryServer
  const exchange = (request: HttpClientRequest, limits: PhaseLimits) => {
    const invalid = Effect.fail(new TransportFailure({ reason: "invalid_request", sent: "no" }))
    const url = Either.getOrUndefined(UrlParams.makeUrl(request.url, request.urlParams, request.hash))
    if (url === undefined) return invalid
    const { body, headers, method } = request
    if (body._tag !== "Empty" && body._tag !== "Uint8Array") return invalid
    url.hash = ""
    const incoming = new Request(url, {
      method,
      headers,
      redirect: "manual",
      ...(body._tag === "Uint8Array" ? { body: Buffer.from(body.body) } : {})
    })
    const millis = Math.min(limits.attempt, limits.total)
    const scope = limits.total < limits.attempt ? "total" : "attempt"
    return server.handle(incoming).pipe(
      Effect.map((response) => HttpClientResponse.fromWeb(request, response)),
      Effect.catchTags({
        ConnectionRefused: () => new TransportFailure({ reason: "refused", sent: "no" }),
        ConnectionCut: () => new TransportFailure({ reason: "reset", sent: "maybe" })
      }),
      Effect.flatMap((response) => Effect.mapError(buffer(response, maxBodyBytes), fromHttpClientError)),
      Effect.timeoutFail({
        duration: Number.isFinite(millis) ? Duration.millis(millis) : Duration.infinity,
        onTimeout: () => new DeadlineExceeded({ phase: "headers", scope, sent: "maybe" })
      })
    )
  }
  return Transport.of({ exchange })
})

export const layer: Layer.Layer<Transport | HttpClient.HttpClient, never, MemoryServer> = Layer.effectContext(
  Effect.map(
    make,
    (transport) => Context.merge(Context.make(Transport, transport), TransportHttpClient.make(transport))
  )
)
