/**
 * Bodies of requests in the form that undici sends them.
 */
import type { HttpBody } from "@effect/platform/HttpBody"
import { Effect, Stream } from "effect"
import { TransportFailure } from "../ApiError.ts"
import * as FormBody from "./FormBody.ts"

/** What an upload tells the exchange that it belongs to. */
export interface Progress {
  /** The connection took all that there was; the source makes more. */
  readonly pulled: () => void
  /** The other side has to take a piece, or, after the last, to answer. */
  readonly given: () => void
  /** The stream failed; whether any of it was given away before. */
  readonly failed: (cause: unknown, begun: boolean) => void
}

/** Bytes that go to undici at once; what is larger is taken in pieces, each of which may take its time. */
const pieceBytes = 65_536

/** What undici pulls as the connection takes it. */
export class Upload implements AsyncIterable<Uint8Array> {
  private readonly source: AsyncIterable<Uint8Array>
  private iterator: AsyncIterator<Uint8Array> | undefined
  private begun = false
  progress: Progress = { pulled: () => undefined, given: () => undefined, failed: () => undefined }

  constructor(source: AsyncIterable<Uint8Array>) {
    this.source = source
  }

  /** Interrupts the source, finished or not. */
  stop(): void {
    const { iterator } = this
    this.iterator = undefined
    void iterator?.return?.()
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    const iterator = this.source[Symbol.asyncIterator]()
    this.iterator = iterator
    let left: Uint8Array = new Uint8Array()
    return {
      next: async () => {
        this.progress.pulled()
        try {
          if (left.length === 0) {
            const next = await iterator.next()
            if (next.done === true) {
              this.progress.given()
              return next
            }
            left = next.value
          }
          this.begun = true
          this.progress.given()
          const value = left.subarray(0, pieceBytes)
          left = left.subarray(pieceBytes)
          return { done: false, value }
        } catch (cause) {
          this.progress.failed(cause, this.begun)
          throw cause
        }
      },
      return: async () => {
        this.stop()
        return { done: true, value: undefined }
      }
    }
  }
}

export interface Outgoing {
  readonly body: Uint8Array | string | Upload | null
  /** Beside those of the request. */
  readonly headers?: Readonly<Record<string, string>>
}

const once = async function*(bytes: Uint8Array) {
  yield bytes
}

const outgoing = (bytes: Uint8Array, headers?: Readonly<Record<string, string>>): Outgoing =>
  bytes.length <= pieceBytes
    ? { body: bytes, ...(headers === undefined ? {} : { headers }) }
    : { body: new Upload(once(bytes)), headers: { ...headers, "content-length": String(bytes.length) } }

const nothing: Outgoing = { body: null }

/** `undefined` for a body that takes an effect to prepare, or that is none of HTTP's. */
export const immediate = (body: HttpBody): Outgoing | undefined => {
  if (body._tag === "Empty") return nothing
  if (body._tag === "Uint8Array") return outgoing(body.body)
  if (body._tag !== "Raw") return undefined
  if (body.body instanceof Uint8Array) return outgoing(body.body)
  return typeof body.body === "string" ? { body: body.body } : undefined
}

const invalid = (cause?: unknown) => new TransportFailure({ reason: "invalid_request", sent: "no", cause })

export const prepare = (body: HttpBody): Effect.Effect<Outgoing, TransportFailure> => {
  if (body._tag === "FormData") {
    return Effect.mapBoth(FormBody.encode(body), {
      onSuccess: ({ bytes, contentType }) => outgoing(bytes, { "content-type": contentType }),
      onFailure: invalid
    })
  }
  if (body._tag === "Stream") {
    const { contentLength, stream } = body
    return Effect.map(Effect.runtime<never>(), (runtime) => ({
      body: new Upload(Stream.toAsyncIterableRuntime(stream, runtime)),
      ...(contentLength === undefined ? {} : { headers: { "content-length": String(contentLength) } })
    }))
  }
  return Effect.fail(invalid())
}
