/**
 * An answer whose body has arrived completely.
 */
import * as Cookies from "@effect/platform/Cookies"
import * as Headers from "@effect/platform/Headers"
import { ResponseError } from "@effect/platform/HttpClientError"
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as HttpIncomingMessage from "@effect/platform/HttpIncomingMessage"
import * as UrlParams from "@effect/platform/UrlParams"
import { Effect, Inspectable, Option, Stream } from "effect"

/** Largest answer that is kept in memory, in bytes. */
export const maxBodyBytes = 16 * 1024 * 1024

/** What every cause of `too_large` carries; undici's own code for it. */
export const exceededMaxSize = { code: "UND_ERR_RES_EXCEEDED_MAX_SIZE" }

export class BufferedResponse extends Inspectable.Class implements HttpClientResponse.HttpClientResponse {
  readonly [HttpIncomingMessage.TypeId]: HttpIncomingMessage.TypeId = HttpIncomingMessage.TypeId
  readonly [HttpClientResponse.TypeId]: HttpClientResponse.TypeId = HttpClientResponse.TypeId
  readonly remoteAddress = Option.none<string>()
  readonly request: HttpClientRequest
  readonly status: number
  readonly headers: Headers.Headers
  readonly bytes: Uint8Array

  constructor(request: HttpClientRequest, status: number, headers: Headers.Input, bytes: Uint8Array) {
    super()
    this.request = request
    this.status = status
    this.headers = Headers.fromInput(headers)
    this.bytes = bytes
  }

  get cookies() {
    const header = this.headers["set-cookie"]
    return header === undefined ? Cookies.empty : Cookies.fromSetCookie(header)
  }

  get text() {
    return Effect.sync(() => new TextDecoder().decode(this.bytes))
  }

  get json(): Effect.Effect<unknown, ResponseError> {
    return this.decode((text) => text === "" ? null : JSON.parse(text))
  }

  get urlParamsBody(): Effect.Effect<UrlParams.UrlParams, ResponseError> {
    return this.decode((text) => UrlParams.fromInput(new URLSearchParams(text)))
  }

  get formData(): Effect.Effect<FormData, ResponseError> {
    const { headers, request, status } = this
    return HttpClientResponse.fromWeb(request, new Response(Buffer.from(this.bytes), { status, headers })).formData
  }

  get arrayBuffer() {
    return Effect.sync(() => new Uint8Array(this.bytes).buffer)
  }

  get stream() {
    return Stream.make(this.bytes)
  }

  private decode<A>(parse: (text: string) => A): Effect.Effect<A, ResponseError> {
    return Effect.tryMap(this.text, {
      try: parse,
      // The parser's own error quotes the text.
      catch: () => new ResponseError({ request: this.request, response: this, reason: "Decode" })
    })
  }

  toJSON(): unknown {
    return { _id: "@effect/platform/HttpClientResponse", status: this.status }
  }
}

/** Reads the whole body of any answer, at most `limit` bytes; an event stream that was asked for stays a stream. */
export const buffer = (response: HttpClientResponse.HttpClientResponse, limit: number) =>
  response instanceof BufferedResponse || staysStream(response.request, response.status, response.headers)
    ? Effect.succeed(response)
    : response.status === 204 || response.status === 304 || response.request.method === "HEAD"
    ? Effect.succeed(new BufferedResponse(response.request, response.status, response.headers, new Uint8Array()))
    : collect(response, limit).pipe(
      Effect.map((bytes) => new BufferedResponse(response.request, response.status, response.headers, bytes))
    )

const isEventStream = (mediaType: string | undefined) =>
  mediaType?.toLowerCase().startsWith("text/event-stream") === true

export const wantsEventStream = ({ headers }: HttpClientRequest) => isEventStream(headers["accept"])

/** Whether somebody asked for the event stream that this is. Any other answer is read whole, so that it ends. */
export const staysStream = (request: HttpClientRequest, status: number, headers: Headers.Headers) =>
  status === 200 && wantsEventStream(request) && isEventStream(headers["content-type"])

const collect = (response: HttpClientResponse.HttpClientResponse, limit: number) =>
  response.stream.pipe(
    Stream.catchTag("ResponseError", (error) => error.reason === "EmptyBody" ? Stream.empty : Stream.fail(error)),
    Stream.runFoldEffect({ chunks: [] as Array<Uint8Array>, size: 0 }, (body, chunk) => {
      const size = body.size + chunk.length
      if (size > limit) {
        return Effect.fail(
          new ResponseError({
            request: response.request,
            response,
            reason: "Decode",
            cause: exceededMaxSize
          })
        )
      }
      body.chunks.push(chunk)
      return Effect.succeed({ chunks: body.chunks, size })
    }),
    Effect.map(({ chunks }) => new Uint8Array(Buffer.concat(chunks)))
  )
