/**
 * Sends nothing to an origin that fails, but for a probe now and then. It judges every attempt that goes out.
 */
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import { Cause, Duration, Effect, Exit, Option } from "effect"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import { CircuitOpen } from "../api/ApiError.ts"
import type { ApiError } from "../api/ApiError.ts"
import type { ApiPolicyOptions } from "../api/ApiPolicy.ts"
import type { Verdict } from "../api/origin/Breaker.ts"
import type { Kind } from "../api/origin/OriginState.ts"
import { laneOf } from "../api/origin/OriginState.ts"
import type { AttemptInterceptor } from "./Interceptor.ts"
import * as RetryAfter from "./RetryAfter.ts"
import { settling } from "./Settling.ts"

type Outcome = Exit.Exit<HttpClientResponse, ApiError | SecretFailure>

/** A caller in a hurry does not make the backend slow: what is cut off before this by its own deadline says nothing. */
export const patience = 1000

const failing = new Set([408, 500, 502, 503, 504])
const gateway52x = new Set([520, 521, 522, 523, 524, 527])

/** Our own mistakes and limits say nothing about the origin. */
const ours = new Set(["invalid_request", "too_large"])

const ofFailure = (failure: ApiError | SecretFailure, lasted: number): Verdict => {
  switch (failure._tag) {
    case "TransportFailure":
      return ours.has(failure.reason) ? "ignored" : "failure"
    case "DeadlineExceeded":
      return failure.scope === "total" && lasted < patience ? "ignored" : "failure"
    default:
      return "ignored"
  }
}

export const make = (kind: Kind, { retry }: ApiPolicyOptions): AttemptInterceptor => {
  const ofStatus = (status: number): Verdict =>
    status === 429
      ? "ignored"
      : failing.has(status) || (retry.gateway52x && gateway52x.has(status))
      ? "failure"
      : "success"

  const verdictOf = (exit: Outcome, lasted: number): Verdict =>
    Exit.isSuccess(exit)
      ? ofStatus(exit.value.status)
      : Option.match(Cause.failureOption(exit.cause), {
        onNone: () => "ignored",
        onSome: (failure) => ofFailure(failure, lasted)
      })

  return {
    stage: "breaker",
    around: (next) => (request, attempt) =>
      Effect.uninterruptibleMask((restore) => {
        const { call, origin } = attempt
        const { breaker } = laneOf(origin, kind)
        const admitted = breaker.admit(call.now())
        if ("halfOpen" in admitted) {
          const { halfOpen, retryAfter } = admitted
          return new CircuitOpen({ origin: origin.url, halfOpen, retryAfter: Duration.millis(Math.ceil(retryAfter)) })
        }
        return settling(restore(Effect.suspend(() => next(request, attempt))), (exit) => {
          const now = call.now()
          const verdict = verdictOf(exit, now - admitted.at)
          const asked = verdict === "failure" && Exit.isSuccess(exit)
            ? RetryAfter.parse(exit.value.headers["retry-after"], call.date())
            : Option.none()
          breaker.settle(admitted, verdict, now, Option.match(asked, { onNone: () => 0, onSome: Duration.toMillis }))
        })
      })
  }
}
