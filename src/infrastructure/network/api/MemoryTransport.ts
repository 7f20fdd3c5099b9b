/**
 * `HttpClient` over a server in this process: the same requests and answers without a socket.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import { RequestError } from "@effect/platform/HttpClientError"
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as UrlParams from "@effect/platform/UrlParams"
import { Effect, Either, Layer } from "effect"
import { MemoryServer } from "./MemoryServer.ts"
import { TransportFailure } from "./TransportFailure.ts"

export const make = Effect.gen(function*() {
  const server = yield* MemoryServer
  const exchange = (request: HttpClientRequest) => {
    const failure = (reason: "InvalidUrl" | "Encode") => Effect.fail(new RequestError({ request, reason }))
    const url = Either.getOrUndefined(UrlParams.makeUrl(request.url, request.urlParams, request.hash))
    if (url === undefined) return failure("InvalidUrl")
    const { body, headers, method } = request
    if (body._tag !== "Empty" && body._tag !== "Uint8Array") return failure("Encode")
    url.hash = ""
    const incoming = new Request(url, {
      method,
      headers,
      redirect: "manual",
      ...(body._tag === "Uint8Array" ? { body: Buffer.from(body.body) } : {})
    })
    return server.handle(incoming).pipe(
      Effect.map((response) => HttpClientResponse.fromWeb(request, response)),
      Effect.catchTags({
        ConnectionRefused: () => lost(request, new TransportFailure({ reason: "refused", sent: "no" })),
        ConnectionCut: () => lost(request, new TransportFailure({ reason: "reset", sent: "maybe" }))
      })
    )
  }
  return HttpClient.makeWith<RequestError, never, RequestError, never>(Effect.flatMap(exchange), Effect.succeed)
})

const lost = (request: HttpClientRequest, cause: TransportFailure) =>
  Effect.fail(new RequestError({ request, reason: "Transport", cause }))

export const layer: Layer.Layer<HttpClient.HttpClient, never, MemoryServer> = Layer.effect(HttpClient.HttpClient, make)
