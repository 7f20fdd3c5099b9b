/**
 * Which answers are event streams: those that were asked for as such.
 */
import type * as Headers from "@effect/platform/Headers"
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"

const isEventStream = (mediaType: string | undefined) =>
  mediaType !== undefined && mediaType.toLowerCase().startsWith("text/event-stream")

/** Any other answer of this kind ends, and has limits of time and size like every answer. */
export const isAwaited = (request: HttpClientRequest, status: number, headers: Headers.Headers) =>
  status === 200 && isEventStream(headers["content-type"]) && isEventStream(request.headers["accept"])
