/**
 * What a stage of a request is: a function around the rest of the pipeline.
 */
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import type { Effect } from "effect"
import type { UserId } from "../../../domain/auth/User.ts"

/** One logical call: what its attempts share. */
export interface Call {
  /** The path without ids, when the wire contract has it. */
  readonly template: string | undefined

  /** Whether the backend may see the request twice. */
  readonly repeatable: boolean

  /** The account that all attempts are signed for: the intended one, or that of the first attempt. */
  principal: UserId | undefined

  /** How often it went out so far, for whatever reason. */
  attempts: number
}

/** Sends a request. An answer of any status is a success here. */
export type Send<E> = (request: HttpClientRequest, call: Call) => Effect.Effect<HttpClientResponse, E>

/** Wraps the inner stages. */
export type Interceptor<Inner, Outer> = (next: Send<Inner>) => Send<Outer>
