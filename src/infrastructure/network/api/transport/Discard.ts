/**
 * Lets go of an answer whose body nobody will read, so that its connection is free again, or closed.
 */
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import { Effect, Stream } from "effect"
import { BufferedResponse } from "./BufferedResponse.ts"

/** What is read of a body to keep its connection, in bytes. A longer one closes it. */
const drainable = 65_536

/** Costs nothing when the body is in memory already. Never fails. */
export const discard = (response: HttpClientResponse): Effect.Effect<void> =>
  response instanceof BufferedResponse ? Effect.void : Effect.ignore(
    Stream.runFoldWhile(response.stream, 0, (size) => size <= drainable, (size, chunk) => size + chunk.length)
  )
