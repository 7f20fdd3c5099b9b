/**
 * `Transport` over a server in this process: the same requests and answers without a socket.
 */
import type { HttpBody } from "@effect/platform/HttpBody"
import type * as HttpClient from "@effect/platform/HttpClient"
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as UrlParams from "@effect/platform/UrlParams"
import { Context, Effect, Either, Layer, Stream } from "effect"
import { TransportFailure } from "../ApiError.ts"
import * as FormBody from "./FormBody.ts"
import { limited } from "./LimitedExchange.ts"
import { MemoryServer } from "./MemoryServer.ts"
import { Transport } from "./Transport.ts"
import type { PhaseLimits } from "./Transport.ts"
import * as TransportHttpClient from "./TransportHttpClient.ts"

const invalid = (sent: "no" | "maybe") => (cause?: unknown) =>
  new TransportFailure({ reason: "invalid_request", sent, cause })

interface Sent {
  readonly bytes?: Uint8Array
  readonly headers?: Readonly<Record<string, string>>
}

/** Complete before the server sees any of it. */
const bytesOf = (body: HttpBody): Effect.Effect<Sent, TransportFailure> => {
  switch (body._tag) {
    case "Empty":
      return Effect.succeed({})
    case "Uint8Array":
      return Effect.succeed({ bytes: body.body })
    case "FormData":
      return Effect.mapBoth(FormBody.encode(body), {
        onSuccess: ({ bytes, contentType }) => ({ bytes, headers: { "content-type": contentType } }),
        onFailure: invalid("no")
      })
    case "Stream":
      return Effect.map(
        Stream.runCollect(Stream.mapError(body.stream, invalid("maybe"))),
        (chunks) => ({ bytes: Buffer.concat([...chunks]) })
      )
    case "Raw":
      return typeof body.body === "string" || body.body instanceof Uint8Array
        ? Effect.succeed({ bytes: Buffer.from(body.body) })
        : Effect.fail(invalid("no")())
  }
}

export const make = Effect.gen(function*() {
  const server = yield* MemoryServer
  const answered = (request: HttpClientRequest, url: URL) =>
    Effect.gen(function*() {
      const { headers, method } = request
      const body = yield* bytesOf(request.body)
      const incoming = yield* Effect.try({
        try: () =>
          new Request(url, {
            method,
            headers: { ...headers, ...body.headers },
            redirect: "manual",
            ...(body.bytes === undefined ? {} : { body: Buffer.from(body.bytes) })
          }),
        catch: invalid("no")
      })
      return HttpClientResponse.fromWeb(request, yield* server.handle(incoming))
    }).pipe(
      Effect.catchTags({
        ConnectionRefused: () => new TransportFailure({ reason: "refused", sent: "no" }),
        ConnectionCut: () => new TransportFailure({ reason: "reset", sent: "maybe" })
      })
    )
  const exchange = (request: HttpClientRequest, limits: PhaseLimits) => {
    const url = Either.getOrUndefined(UrlParams.makeUrl(request.url, request.urlParams, request.hash))
    if (url === undefined) return Effect.fail(invalid("no")())
    url.hash = ""
    return limited(request, limits, answered(request, url))
  }
  return Transport.of({ exchange })
})

export const layer: Layer.Layer<Transport | HttpClient.HttpClient, never, MemoryServer> = Layer.effectContext(
  Effect.map(
    make,
    (transport) => Context.merge(Context.make(Transport, transport), TransportHttpClient.make(transport))
  )
)
