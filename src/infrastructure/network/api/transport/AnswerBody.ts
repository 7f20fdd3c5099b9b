/**
 * What the head of an answer tells of its body.
 */
import type * as Headers from "@effect/platform/Headers"
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"

/** There is none, whatever length the head tells (RFC 9112, section 6.3). */
export const isAbsent = ({ method }: HttpClientRequest, status: number): boolean =>
  method === "HEAD" || status === 204 || status === 304

const isEventStream = (mediaType: string | undefined) =>
  mediaType !== undefined && mediaType.toLowerCase().startsWith("text/event-stream")

/** It goes on for as long as it is wanted. Without being asked for as such, it ends, and has the limits of every answer. */
export const isEvents = (request: HttpClientRequest, status: number, headers: Headers.Headers): boolean =>
  status === 200 && isEventStream(headers["content-type"]) && isEventStream(request.headers["accept"])
