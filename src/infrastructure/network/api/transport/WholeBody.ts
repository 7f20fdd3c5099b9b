/**
 * Bodies of requests put together in memory, for transports whose other side is in this process.
 */
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { Effect, Stream } from "effect"
import { TransportFailure } from "../ApiError.ts"
import * as FormBody from "./FormBody.ts"

export interface Whole {
  /** With the media type of a form. */
  readonly request: HttpClientRequest.HttpClientRequest
  /** `undefined` where there is no body, which is not the same as an empty one. */
  readonly bytes: Uint8Array | undefined
}

const invalid = (sent: "no" | "maybe") => (cause?: unknown) =>
  new TransportFailure({ reason: "invalid_request", sent, cause })

/** A stream that fails may have been sent in part, as it would have been to anybody else. */
export const of = (request: HttpClientRequest.HttpClientRequest): Effect.Effect<Whole, TransportFailure> => {
  const { body } = request
  switch (body._tag) {
    case "Empty":
      return Effect.succeed({ request, bytes: undefined })
    case "Uint8Array":
      return Effect.succeed({ request, bytes: body.body })
    case "FormData":
      return Effect.mapBoth(FormBody.encode(body), {
        onSuccess: ({ bytes, contentType }) => ({
          request: HttpClientRequest.setHeader(request, "content-type", contentType),
          bytes
        }),
        onFailure: invalid("no")
      })
    case "Stream":
      return Effect.map(
        Stream.runCollect(Stream.mapError(body.stream, invalid("maybe"))),
        (chunks) => ({ request, bytes: Buffer.concat([...chunks]) })
      )
    case "Raw":
      return typeof body.body === "string" || body.body instanceof Uint8Array
        ? Effect.succeed({ request, bytes: Buffer.from(body.body) })
        : Effect.fail(invalid("no")())
  }
}
