/**
 * Whether a request can be sent once more with the same body. Bytes and forms can. A stream is an effect that may give other
 * bytes, or none, when it is run again, so it can only until something began to read it, unless the caller says more
 * (`CallOptions.replayableBody`).
 */
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { Stream } from "effect"
import type { Call } from "./Call.ts"

export interface Replay {
  /** To be sent instead of the request. */
  readonly request: HttpClientRequest.HttpClientRequest
  readonly possible: () => boolean
}

const always = () => true
const never = () => false

/** Whether the body can be read only once. */
export const isOneShot = ({ body }: HttpClientRequest.HttpClientRequest, { options }: Call): boolean =>
  body._tag === "Raw" || (body._tag === "Stream" && options.replayableBody !== true)

/** Costs nothing for a request without a stream. */
export const of = (request: HttpClientRequest.HttpClientRequest, call: Call): Replay => {
  const { body } = request
  if (!isOneShot(request, call)) return { request, possible: always }
  if (body._tag !== "Stream") return { request, possible: never }
  let begun = false
  const watched = Stream.suspend(() => {
    begun = true
    return body.stream
  })
  return {
    request: HttpClientRequest.setBody(
      request,
      HttpBody.stream(watched, body.contentType, body.contentLength)
    ),
    possible: () => !begun
  }
}
