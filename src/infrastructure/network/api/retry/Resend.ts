/**
 * What the stages that send a request once more have in common, whatever their reason: which bodies can be sent again, and
 * what becomes of the answer that another one follows.
 */
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import { Effect, Either, Stream } from "effect"
import type { Attempt } from "../../interceptors/Attempt.ts"
import type { Call } from "../../interceptors/Call.ts"
import { BodyNotReplayable } from "../ApiError.ts"
import { discard } from "../transport/Discard.ts"

export interface Replay {
  /** To be sent instead of the request. */
  readonly request: HttpClientRequest.HttpClientRequest
  /** Whether it can be sent once more with the same body. */
  readonly possible: () => boolean
}

const always = () => true
const never = () => false

/**
 * Whether the body can be read only once. Bytes and forms can be sent again; a stream is an effect that may give other
 * bytes, or none, when it is run again, unless the caller says more (`CallOptions.replayableBody`).
 */
export const isOneShot = ({ body }: HttpClientRequest.HttpClientRequest, { options }: Call): boolean =>
  body._tag === "Raw" || (body._tag === "Stream" && options.replayableBody !== true)

/** A stream can be sent until something began to read it. Costs nothing for a request without a stream. */
export const watched = (request: HttpClientRequest.HttpClientRequest, call: Call): Replay => {
  const { body } = request
  if (!isOneShot(request, call)) return { request, possible: always }
  if (body._tag !== "Stream") return { request, possible: never }
  let begun = false
  const stream = Stream.suspend(() => {
    begun = true
    return body.stream
  })
  return {
    request: HttpClientRequest.setBody(request, HttpBody.stream(stream, body.contentType, body.contentLength)),
    possible: () => !begun
  }
}

/** The answers after which this is asked say that nothing was done. */
export const replayable = (
  request: HttpClientRequest.HttpClientRequest,
  call: Call
): Effect.Effect<void, BodyNotReplayable> =>
  isOneShot(request, call) ? new BodyNotReplayable({ outcome: "rejected" }) : Effect.void

/** Lets go of the answer to an attempt that another one follows, and keeps it in the history of the call. */
export const letGo = (attempt: Attempt, response: HttpClientResponse): Effect.Effect<void> =>
  Effect.suspend(() => {
    attempt.record(Either.right(response), attempt.sentAt ?? attempt.call.now())
    return discard(response)
  })
