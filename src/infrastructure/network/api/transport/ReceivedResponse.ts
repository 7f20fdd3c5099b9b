/**
 * What all answers of our transports have in common: the head, and views of the body made from its bytes.
 */
import * as Cookies from "@effect/platform/Cookies"
import * as Headers from "@effect/platform/Headers"
import { ResponseError } from "@effect/platform/HttpClientError"
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as HttpIncomingMessage from "@effect/platform/HttpIncomingMessage"
import * as UrlParams from "@effect/platform/UrlParams"
import { Effect, Inspectable, Option } from "effect"
import type { Stream } from "effect"

/** Has no state between calls that decode whole texts. */
const decoder = new TextDecoder()

export abstract class ReceivedResponse extends Inspectable.Class implements HttpClientResponse.HttpClientResponse {
  readonly [HttpIncomingMessage.TypeId]: HttpIncomingMessage.TypeId = HttpIncomingMessage.TypeId
  readonly [HttpClientResponse.TypeId]: HttpClientResponse.TypeId = HttpClientResponse.TypeId
  readonly request: HttpClientRequest
  readonly status: number
  readonly headers: Headers.Headers
  private readonly setCookies: string | ReadonlyArray<string> | undefined

  constructor(request: HttpClientRequest, status: number, headers: Headers.Input) {
    super()
    this.request = request
    this.status = status
    this.headers = Headers.isHeaders(headers) ? headers : Headers.fromInput(headers)
    // Joined by commas they could not be told apart any more.
    const unjoined: string | ReadonlyArray<string> | undefined = Symbol.iterator in headers
      ? undefined
      : headers["set-cookie"]
    this.setCookies = unjoined ?? this.headers["set-cookie"]
  }

  /** The complete body. */
  abstract readonly whole: Effect.Effect<Uint8Array, ResponseError>
  abstract readonly stream: Stream.Stream<Uint8Array, ResponseError>

  get remoteAddress() {
    return Option.none<string>()
  }

  get cookies() {
    return this.setCookies === undefined ? Cookies.empty : Cookies.fromSetCookie(this.setCookies)
  }

  get text(): Effect.Effect<string, ResponseError> {
    return Effect.map(this.whole, (bytes) => decoder.decode(bytes))
  }

  get json(): Effect.Effect<unknown, ResponseError> {
    return this.decode((text) => text === "" ? null : JSON.parse(text))
  }

  get urlParamsBody(): Effect.Effect<UrlParams.UrlParams, ResponseError> {
    return this.decode((text) => UrlParams.fromInput(new URLSearchParams(text)))
  }

  get formData(): Effect.Effect<FormData, ResponseError> {
    const { headers, request, status } = this
    return Effect.flatMap(
      this.whole,
      (bytes) => HttpClientResponse.fromWeb(request, new Response(Buffer.from(bytes), { status, headers })).formData
    )
  }

  get arrayBuffer(): Effect.Effect<ArrayBuffer, ResponseError> {
    return Effect.map(this.whole, (bytes) => new Uint8Array(bytes).buffer)
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
