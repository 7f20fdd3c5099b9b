/**
 * Sends nothing to an origin that fails, but for a probe now and then. It judges every attempt that goes out.
 */
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import { Cause, Duration, Effect, Exit, Option } from "effect"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import { CircuitOpen, statuses52x } from "../api/ApiError.ts"
import type { ApiError, DeadlineExceeded } from "../api/ApiError.ts"
import type { ApiPolicyOptions } from "../api/ApiPolicy.ts"
import type { Admission, Refusal, Verdict } from "../api/origin/Breaker.ts"
import type { Kind } from "../api/origin/Kind.ts"
import { laneOf } from "../api/origin/OriginState.ts"
import * as RetryAfter from "../api/retry/RetryAfter.ts"
import { settling } from "./Interceptor.ts"
import type { AttemptInterceptor } from "./Interceptor.ts"

type Outcome = Exit.Exit<HttpClientResponse, ApiError | SecretFailure>

/** Milliseconds. What its own deadline cuts off before this says nothing. */
const patience = 1000

/** A caller in a hurry does not make the backend slow. */
export const isHurried = ({ scope }: DeadlineExceeded, lasted: number): boolean =>
  scope === "total" && lasted < patience

const failing = new Set([408, 500, 502, 503, 504])

/** Our own mistakes and limits say nothing about the origin. */
const ours = new Set(["invalid_request", "too_large"])

const ofFailure = (failure: ApiError | SecretFailure, lasted: number): Verdict => {
  switch (failure._tag) {
    case "TransportFailure":
      return ours.has(failure.reason) ? "ignored" : "failure"
    case "DeadlineExceeded":
      return failure.phase === "queue" || isHurried(failure, lasted) ? "ignored" : "failure"
    default:
      return "ignored"
  }
}

export const make = (kind: Kind, { retry }: ApiPolicyOptions): AttemptInterceptor => {
  const ofStatus = (status: number): Verdict =>
    status === 429
      ? "ignored"
      : failing.has(status) || (retry.gateway52x && statuses52x.includes(status))
      ? "failure"
      : "success"

  return {
    stage: "breaker",
    around: (next) => (request, attempt) => {
      const { call, origin } = attempt
      const { breaker } = laneOf(origin, kind)
      const refused = ({ halfOpen, retryAfter }: Refusal) =>
        new CircuitOpen({ origin: origin.url, halfOpen, retryAfter: Duration.millis(Math.ceil(retryAfter)) })

      const settle = (admission: Admission, outcome: Outcome) => {
        const now = call.now()
        if (Exit.isFailure(outcome)) {
          const failure = Cause.failureOption(outcome.cause)
          const verdict = Option.isSome(failure) ? ofFailure(failure.value, now - admission.at) : "ignored"
          breaker.settle(admission, verdict, now)
          return
        }
        const verdict = ofStatus(outcome.value.status)
        const asked = verdict === "failure"
          ? RetryAfter.millis(outcome.value.headers["retry-after"], call.date())
          : undefined
        breaker.settle(admission, verdict, now, asked)
      }

      // What is not a probe holds nothing: when it is interrupted there is nothing to do.
      const now = call.now()
      if (breaker.state(now) === "closed") {
        const admission = breaker.admit(now)
        return "halfOpen" in admission
          ? refused(admission)
          : settling(next(request, attempt), (outcome) => settle(admission, outcome))
      }
      return Effect.uninterruptibleMask((restore) => {
        const admission = breaker.admit(call.now())
        return "halfOpen" in admission ? refused(admission) : settling(
          restore(Effect.suspend(() => next(request, attempt))),
          (outcome) => settle(admission, outcome)
        )
      })
    }
  }
}
