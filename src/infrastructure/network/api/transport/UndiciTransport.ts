/**
 * `HttpClient` on `undici.dispatch`: pooled keep-alive connections, deadlines per phase, no span of its own.
 */
import * as Headers from "@effect/platform/Headers"
import type { HttpBody } from "@effect/platform/HttpBody"
import type * as HttpClient from "@effect/platform/HttpClient"
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import * as UrlParams from "@effect/platform/UrlParams"
import { Context, Effect, Either, Layer } from "effect"
import type { Dispatcher } from "undici"
import Agent from "undici/lib/dispatcher/agent.js"
import { TransportFailure } from "../ApiError.ts"
import {
  BufferedResponse,
  exceededMaxSize,
  maxBodyBytes as largestBody,
  staysStream,
  wantsEventStream
} from "./BufferedResponse.ts"
import { reasonOf } from "./FailureReason.ts"
import { StreamingResponse } from "./StreamingResponse.ts"
import { Transport } from "./Transport.ts"
import type { PhaseLimits } from "./Transport.ts"
import * as TransportHttpClient from "./TransportHttpClient.ts"

export interface Options {
  /** Largest body that is kept; an answer with a larger one fails. Event streams have no such limit. */
  readonly maxBodyBytes?: number
}

const encodeBody = (body: HttpBody): Uint8Array | null | undefined =>
  body._tag === "Empty" ? null : body._tag === "Uint8Array" ? body.body : undefined

/** undici's word for "no limit" is 0. */
const finite = (millis: number) => (Number.isFinite(millis) ? millis : 0)

export const make = ({ maxBodyBytes = largestBody }: Options = {}) =>
  Effect.gen(function*() {
    const agent = yield* Effect.acquireRelease(
      Effect.sync(() => new Agent({ connect: { timeout: 5000 } })),
      (pool) => Effect.ignore(Effect.tryPromise(() => pool.destroy()))
    )
    const exchange = (request: HttpClientRequest, limits: PhaseLimits) => {
      const invalid = Effect.fail(new TransportFailure({ reason: "invalid_request", sent: "no" }))
      const url = Either.getOrUndefined(UrlParams.makeUrl(request.url, request.urlParams, request.hash))
      if (url === undefined) return invalid
      const body = encodeBody(request.body)
      if (body === undefined) return invalid
      return dispatch(agent, request, maxBodyBytes, {
        origin: url.origin,
        path: url.pathname + url.search,
        method: request.method,
        headers: request.headers,
        body,
        headersTimeout: finite(limits.headers),
        bodyTimeout: wantsEventStream(request) ? 0 : finite(limits.bodyIdle)
      })
    }
    return Transport.of({ exchange })
  })

const dispatch = (
  agent: Dispatcher,
  request: HttpClientRequest,
  maxBodyBytes: number,
  options: Dispatcher.DispatchOptions
) =>
  Effect.async<HttpClientResponse, TransportFailure>((resume) => {
    let controller: Dispatcher.DispatchController | undefined
    let aborted: Error | undefined
    let streaming: StreamingResponse | undefined
    let status = 0
    let headers: Headers.Headers = Headers.empty
    const chunks: Array<Buffer> = []
    let size = 0
    const abort = (reason: Error) => {
      // The deprecated-looking argument is what undici reports to everything that waits on this request.
      aborted = reason
      controller?.abort(reason)
    }
    const fail = (cause: unknown) =>
      new TransportFailure({ reason: reasonOf(cause), sent: controller === undefined ? "no" : "maybe", cause })
    try {
      agent.dispatch(options, {
        onRequestStart(next) {
          controller = next
          if (aborted !== undefined) next.abort(aborted)
        },
        onResponseStart(next, statusCode, responseHeaders) {
          if (statusCode < 200) return
          status = statusCode
          headers = Headers.fromInput(responseHeaders)
          if (staysStream(request, status, headers)) {
            streaming = new StreamingResponse(request, status, headers, next)
            resume(Effect.succeed(streaming))
          }
        },
        onResponseData(_, chunk) {
          if (streaming !== undefined) return streaming.push(chunk)
          if (aborted !== undefined) return
          size += chunk.length
          if (size <= maxBodyBytes) return void chunks.push(chunk)
          chunks.length = 0
          abort(Object.assign(new Error("The answer is too large"), exceededMaxSize))
        },
        onResponseEnd() {
          if (streaming === undefined) {
            resume(Effect.succeed(new BufferedResponse(request, status, headers, Buffer.concat(chunks))))
          } else streaming.end(undefined)
        },
        onResponseError(_, cause) {
          if (streaming === undefined) resume(Effect.fail(fail(cause)))
          else streaming.end(cause)
        }
      })
    } catch (cause) {
      resume(Effect.fail(fail(cause)))
    }
    return Effect.sync(() => abort(new Error("The request was given up")))
  })

/** One pool of connections, closed with the layer. The `HttpClient` is for requests outside the pipeline. */
export const layer = (options?: Options): Layer.Layer<Transport | HttpClient.HttpClient> =>
  Layer.scopedContext(
    Effect.map(
      make(options),
      (transport) => Context.merge(Context.make(Transport, transport), TransportHttpClient.make(transport))
    )
  )
