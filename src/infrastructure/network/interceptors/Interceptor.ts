/**
 * What a stage of a request is: a function around the rest of the pipeline, and the place where it belongs.
 */
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import type { Effect } from "effect"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import type { ApiError } from "../api/ApiError.ts"
import type { Attempt } from "./Attempt.ts"
import type { Call } from "./Call.ts"
import type { AttemptStage, CallStage, LoopStage } from "./Stage.ts"

/** An answer of any status is a success to every stage. */
type Answer = Effect.Effect<HttpClientResponse, ApiError | SecretFailure>

export type SendCall = (request: HttpClientRequest, call: Call) => Answer
export type SendAttempt = (request: HttpClientRequest, attempt: Attempt) => Answer

export interface CallInterceptor {
  readonly stage: CallStage
  /** Of a cache: keeps what each account sees apart. */
  readonly partition?: "principal"
  readonly around: (next: SendCall) => SendCall
}

export interface LoopInterceptor {
  readonly stage: LoopStage
  readonly around: (next: SendAttempt) => SendCall
}

export interface AttemptInterceptor {
  readonly stage: AttemptStage
  readonly around: (next: SendAttempt) => SendAttempt
}

/** Several of one stage run in the order in which they are given. */
export type Interceptor = CallInterceptor | LoopInterceptor | AttemptInterceptor
