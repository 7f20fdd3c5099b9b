/**
 * Lets go of an answer whose body nobody will read, so that its connection is free again, or closed.
 */
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import { Effect, Stream } from "effect"
import { BufferedResponse } from "./BufferedResponse.ts"
import { StreamingResponse } from "./StreamingResponse.ts"

/** What is read of a body to keep its connection, in bytes. A longer one closes it. */
export const drainable = 65_536

/** How long that may take, in milliseconds. */
export const drainLimit = 1000

/**
 * Costs nothing when the body is in memory already, and waits for nothing when it comes from one of our transports. Never
 * fails.
 */
export const discard = (response: HttpClientResponse): Effect.Effect<void> => {
  if (response instanceof BufferedResponse) return Effect.void
  if (response instanceof StreamingResponse) return response.letGo
  return response.stream.pipe(
    Stream.runFoldWhile(0, (size) => size <= drainable, (size, chunk) => size + chunk.length),
    Effect.timeout(drainLimit),
    Effect.ignore
  )
}
