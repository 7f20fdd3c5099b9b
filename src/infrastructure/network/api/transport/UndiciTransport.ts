/**
 * `Transport` on `undici.dispatch`: pooled keep-alive connections, deadlines per phase, bodies streamed both ways.
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import { Effect, Layer, Option } from "effect"
import type { Dispatcher } from "undici"
import { TransportFailure } from "../ApiError.ts"
import type { ExchangeFailure } from "../ApiError.ts"
import * as PlainUrl from "../PlainUrl.ts"
import { DeadlineTimer } from "./DeadlineTimer.ts"
import * as OutgoingBody from "./OutgoingBody.ts"
import { maxBodyBytes as largestBody } from "./StreamingResponse.ts"
import { Transport } from "./Transport.ts"
import type { PhaseLimits } from "./Transport.ts"
import * as TransportHttpClient from "./TransportHttpClient.ts"
import * as UndiciConnections from "./UndiciConnections.ts"
import { UndiciExchange } from "./UndiciExchange.ts"

export interface Options extends UndiciConnections.ConnectionOptions {
  /** Largest body that is put together in memory, in bytes; 16 MiB unless told. Larger ones can be read as streams. */
  readonly maxBodyBytes?: number
}

type Exchange = Effect.Effect<HttpClientResponse, ExchangeFailure>

/** Without the fragment, which is nobody's business but ours. */
const targetOf = (request: HttpClientRequest.HttpClientRequest): PlainUrl.PlainUrl | undefined => {
  const plain = PlainUrl.of(request)
  if (plain !== undefined) return plain
  const url = Option.getOrUndefined(HttpClientRequest.toUrl(request))
  return url === undefined ? undefined : { origin: url.origin, path: url.pathname + url.search }
}

export const make = ({ maxBodyBytes = largestBody, ...options }: Options = {}) =>
  Effect.gen(function*() {
    const { dispatch, isFull } = yield* UndiciConnections.make(options)
    const timer = yield* DeadlineTimer

    const send = (
      request: HttpClientRequest.HttpClientRequest,
      limits: PhaseLimits,
      { origin, path }: PlainUrl.PlainUrl,
      { body, headers }: OutgoingBody.Outgoing
    ): Exchange =>
      Effect.async((resume) => {
        const upload = body instanceof OutgoingBody.Upload ? body : undefined
        const isQueued = () => isFull(origin)
        const exchange = new UndiciExchange({ request, upload, limits, timer, maxBodyBytes, isQueued, resume })
        try {
          dispatch({
            origin,
            path,
            method: request.method as Dispatcher.HttpMethod,
            headers: headers === undefined ? request.headers : { ...request.headers, ...headers },
            body: body as Exclude<Dispatcher.DispatchOptions["body"], undefined>,
            // The limits are kept by `Deadlines`.
            headersTimeout: 0,
            bodyTimeout: 0
          }, exchange)
        } catch (cause) {
          exchange.onResponseError(undefined, cause)
        }
        return Effect.sync(() => exchange.giveUp())
      })

    const exchange = (request: HttpClientRequest.HttpClientRequest, limits: PhaseLimits): Exchange => {
      const target = targetOf(request)
      if (target === undefined) return Effect.fail(new TransportFailure({ reason: "invalid_request", sent: "no" }))
      const ready = OutgoingBody.immediate(request.body)
      if (ready !== undefined) return send(request, limits, target, ready)
      return Effect.flatMap(
        OutgoingBody.prepare(request.body),
        (outgoing) => send(request, limits, target, outgoing)
      )
    }
    return Transport.of({ exchange })
  })

/** One pool of connections per origin, closed with the layer. The `HttpClient` is for requests outside the pipeline. */
export const layer = (options?: Options): Layer.Layer<Transport | HttpClient.HttpClient> =>
  Layer.scopedContext(Effect.map(make(options), TransportHttpClient.withTransport))
