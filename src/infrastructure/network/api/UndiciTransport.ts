/**
 * `HttpClient` on `undici.dispatch`: pooled keep-alive connections, deadlines per phase, no span of its own.
 */
import * as Headers from "@effect/platform/Headers"
import type { HttpBody } from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import { RequestError } from "@effect/platform/HttpClientError"
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import * as UrlParams from "@effect/platform/UrlParams"
import { Duration, Effect, Either, Layer } from "effect"
import type { Dispatcher } from "undici"
import Agent from "undici/lib/dispatcher/agent.js"
import {
  BufferedResponse,
  exceededMaxSize,
  maxBodyBytes as largestBody,
  staysStream,
  wantsEventStream
} from "./BufferedResponse.ts"
import { StreamingResponse } from "./StreamingResponse.ts"
import { reasonOf, TransportFailure } from "./TransportFailure.ts"

export interface Options {
  readonly connectTimeout?: Duration.DurationInput
  /** From the end of the request to the head of the answer. */
  readonly headersTimeout?: Duration.DurationInput
  /** Between two pieces of the body. Event streams have no such limit. */
  readonly bodyTimeout?: Duration.DurationInput
  /** Largest body that is kept; an answer with a larger one fails. Event streams have no such limit. */
  readonly maxBodyBytes?: number
}

const encodeBody = (body: HttpBody): Uint8Array | null | undefined =>
  body._tag === "Empty" ? null : body._tag === "Uint8Array" ? body.body : undefined

export const make = ({
  bodyTimeout = "10 seconds",
  connectTimeout = "5 seconds",
  headersTimeout = "10 seconds",
  maxBodyBytes = largestBody
}: Options = {}) =>
  Effect.gen(function*() {
    const agent = yield* Effect.acquireRelease(
      Effect.sync(() => new Agent({ connect: { timeout: Duration.toMillis(connectTimeout) } })),
      (pool) => Effect.ignore(Effect.tryPromise(() => pool.destroy()))
    )
    const exchange = (request: HttpClientRequest) => {
      const failure = (reason: "InvalidUrl" | "Encode") => Effect.fail(new RequestError({ request, reason }))
      const url = Either.getOrUndefined(UrlParams.makeUrl(request.url, request.urlParams, request.hash))
      if (url === undefined) return failure("InvalidUrl")
      const body = encodeBody(request.body)
      if (body === undefined) return failure("Encode")
      return dispatch(agent, request, maxBodyBytes, {
        origin: url.origin,
        path: url.pathname + url.search,
        method: request.method,
        headers: request.headers,
        body,
        headersTimeout: Duration.toMillis(headersTimeout),
        bodyTimeout: wantsEventStream(request) ? 0 : Duration.toMillis(bodyTimeout)
      })
    }
    return HttpClient.makeWith<RequestError, never, RequestError, never>(Effect.flatMap(exchange), Effect.succeed)
  })

const dispatch = (
  agent: Dispatcher,
  request: HttpClientRequest,
  maxBodyBytes: number,
  options: Dispatcher.DispatchOptions
) =>
  Effect.async<HttpClientResponse, RequestError>((resume) => {
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
      new RequestError({
        request,
        reason: "Transport",
        cause: new TransportFailure({ reason: reasonOf(cause), sent: controller === undefined ? "no" : "maybe", cause })
      })
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

/** One pool of connections, closed with the layer. */
export const layer = (options?: Options): Layer.Layer<HttpClient.HttpClient> =>
  Layer.scoped(HttpClient.HttpClient, make(options))
