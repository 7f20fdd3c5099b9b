/**
 * What a stage of a request is: a function around the rest of the pipeline, and the place where it belongs.
 */
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import { Effect, Exit } from "effect"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import type { ApiError } from "../api/ApiError.ts"
import type { Attempt } from "./Attempt.ts"
import type { Call } from "./Call.ts"
import type { AttemptStage, CallStage, LoopStage } from "./Stage.ts"

/** An answer of any status is a success to every stage. */
export type Answer = Effect.Effect<HttpClientResponse, ApiError | SecretFailure>

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

/**
 * What stages that count do, with one operator: hear how the rest ended, once. Where nothing interrupts, around an effect
 * that may be interrupted, `settle` hears of interruptions too; elsewhere of everything else.
 */
export const settling = <A, E>(
  effect: Effect.Effect<A, E>,
  settle: (exit: Exit.Exit<A, E>) => void
): Effect.Effect<A, E> =>
  Effect.matchCauseEffect(effect, {
    onFailure: (cause) => {
      const exit = Exit.failCause(cause)
      settle(exit)
      return exit
    },
    onSuccess: (value) => {
      const exit = Exit.succeed(value)
      settle(exit)
      return exit
    }
  })
