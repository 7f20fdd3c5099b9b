/**
 * An answer whose body is read while it arrives. The connection pauses while nobody reads.
 */
import * as Cookies from "@effect/platform/Cookies"
import type * as Headers from "@effect/platform/Headers"
import { ResponseError } from "@effect/platform/HttpClientError"
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as HttpIncomingMessage from "@effect/platform/HttpIncomingMessage"
import { Chunk, Effect, Inspectable, Option, Stream } from "effect"
import type { Dispatcher } from "undici"
import { TransportFailure } from "../ApiError.ts"
import { reasonOf } from "./FailureReason.ts"

/** Bytes held for a reader before the connection is paused. */
const highWaterMark = 65_536

type Pull = Effect.Effect<Chunk.Chunk<Uint8Array>, Option.Option<ResponseError>>

export class StreamingResponse extends Inspectable.Class implements HttpClientResponse.HttpClientResponse {
  readonly [HttpIncomingMessage.TypeId]: HttpIncomingMessage.TypeId = HttpIncomingMessage.TypeId
  readonly [HttpClientResponse.TypeId]: HttpClientResponse.TypeId = HttpClientResponse.TypeId
  readonly remoteAddress = Option.none<string>()
  readonly cookies = Cookies.empty
  readonly request: HttpClientRequest
  readonly status: number
  readonly headers: Headers.Headers
  private readonly controller: Dispatcher.DispatchController
  private chunks: Array<Uint8Array> = []
  private size = 0
  private ended: { readonly cause: unknown } | undefined
  private reader: ((result: Pull) => void) | undefined

  constructor(
    request: HttpClientRequest,
    status: number,
    headers: Headers.Headers,
    controller: Dispatcher.DispatchController
  ) {
    super()
    this.request = request
    this.status = status
    this.headers = headers
    this.controller = controller
  }

  push(chunk: Uint8Array) {
    this.chunks.push(chunk)
    this.size += chunk.length
    if (this.reader === undefined) {
      if (this.size > highWaterMark) this.controller.pause()
    } else this.wake()
  }

  /** `cause` is `undefined` when the body is complete. */
  end(cause: unknown) {
    this.ended = { cause }
    if (this.reader !== undefined) this.wake()
  }

  private wake() {
    const reader = this.reader
    this.reader = undefined
    reader?.(this.pull)
  }

  private get pull(): Pull {
    return Effect.suspend(() => {
      if (this.chunks.length > 0) {
        const taken = Chunk.unsafeFromArray(this.chunks)
        this.chunks = []
        this.size = 0
        return Effect.succeed(taken)
      }
      if (this.ended !== undefined) {
        return Effect.fail(
          this.ended.cause === undefined ? Option.none() : Option.some(this.failure(this.ended.cause))
        )
      }
      return Effect.async<Chunk.Chunk<Uint8Array>, Option.Option<ResponseError>>((resume) => {
        this.reader = resume
        if (this.controller.paused) this.controller.resume()
        return Effect.sync(() => {
          this.reader = undefined
        })
      })
    })
  }

  private failure(cause: unknown) {
    return new ResponseError({
      request: this.request,
      response: this,
      reason: "Decode",
      cause: new TransportFailure({ reason: reasonOf(cause), sent: "maybe", cause })
    })
  }

  /** Can be read once; ending early closes the connection. */
  get stream(): Stream.Stream<Uint8Array, ResponseError> {
    return Stream.repeatEffectChunkOption(this.pull).pipe(
      Stream.ensuring(Effect.sync(() => {
        if (this.ended === undefined) this.controller.abort(new Error("Nobody reads the answer any more"))
      }))
    )
  }

  get text(): Effect.Effect<string, ResponseError> {
    return this.stream.pipe(Stream.decodeText(), Stream.mkString)
  }

  get json(): Effect.Effect<never, ResponseError> {
    return this.unsupported
  }

  get urlParamsBody(): Effect.Effect<never, ResponseError> {
    return this.unsupported
  }

  get formData(): Effect.Effect<never, ResponseError> {
    return this.unsupported
  }

  get arrayBuffer(): Effect.Effect<never, ResponseError> {
    return this.unsupported
  }

  private get unsupported(): Effect.Effect<never, ResponseError> {
    return Effect.fail(
      new ResponseError({
        request: this.request,
        response: this,
        reason: "Decode",
        description: "An event stream has no such representation"
      })
    )
  }

  toJSON(): unknown {
    return { _id: "@effect/platform/HttpClientResponse", status: this.status }
  }
}
