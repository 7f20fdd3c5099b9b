/**
 * Tries again what may pass: at most three times more, with full jitter, as long as the backend asks for, and never a
 * request that may have had its effect unless it may have it twice.
 */
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import { Duration, Effect, Either, Option } from "effect"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import * as Catalogue from "../../telemetry/catalogue/Http.ts"
import * as Meter from "../../telemetry/Meter.ts"
import type { ApiError } from "../api/ApiError.ts"
import type { ApiPolicyOptions } from "../api/ApiPolicy.ts"
import * as Jitter from "../api/Jitter.ts"
import { Attempt } from "./Attempt.ts"
import type { Call } from "./Call.ts"
import type { LoopInterceptor } from "./Interceptor.ts"
import * as RetryAfter from "./RetryAfter.ts"

export const base = Duration.millis(200)
export const throttledBase = Duration.seconds(1)
export const cap = Duration.seconds(20)

/** A backend that asks for more than this gets no further attempt now. */
export const maxRetryAfter = Duration.seconds(60)

/** Answers that are worth another attempt: always, because nothing was done, or only when the request is repeatable. */
export const retriedStatus: Readonly<Record<number, "always" | "repeatable">> = {
  408: "repeatable",
  421: "always",
  425: "always",
  429: "always",
  500: "repeatable",
  502: "repeatable",
  503: "repeatable",
  504: "repeatable"
}

const hopeless = new Set(["tls", "invalid_request", "too_large", "malformed"])

type Outcome = Either.Either<HttpClientResponse, ApiError | SecretFailure>

const worthRetrying = (outcome: Outcome, request: HttpClientRequest, call: Call): boolean => {
  if (request.body._tag !== "Empty" && request.body._tag !== "Uint8Array") return false
  if (Either.isRight(outcome)) {
    const rule = retriedStatus[outcome.right.status]
    return rule === "always" || (rule === "repeatable" && call.repeatable)
  }
  const failure = outcome.left
  if (failure._tag === "DeadlineExceeded") return failure.scope === "attempt" && call.repeatable
  return failure._tag === "TransportFailure"
    && !hopeless.has(failure.reason)
    && (failure.sent === "no" || call.repeatable)
}

/** `U(0, min(cap, base · 2^n))`, or what the backend asks for and up to a tenth more. `none` when that is too long. */
const delay = (outcome: Outcome, retries: number) =>
  Effect.gen(function*() {
    const throttled = Either.isRight(outcome) && outcome.right.status === 429
    const backoff = yield* Jitter.full(throttled ? throttledBase : base, cap, retries)
    const asked = Either.isRight(outcome) ? yield* RetryAfter.fromHeaders(outcome.right.headers) : Option.none()
    if (Option.isNone(asked)) return Option.some(backoff)
    if (Duration.greaterThan(asked.value, maxRetryAfter)) return Option.none()
    const extra = yield* Jitter.between(0, Duration.times(asked.value, 0.1))
    return Option.some(Duration.sum(Duration.max(backoff, asked.value), extra))
  })

export const make = ({ retry: { maxAttempts } }: ApiPolicyOptions): LoopInterceptor => ({
  stage: "retry",
  around: (next) => (request, call) => {
    const turn = (retries: number, attempt: Attempt): Effect.Effect<HttpClientResponse, ApiError | SecretFailure> =>
      Effect.gen(function*() {
        const outcome: Outcome = yield* Effect.either(next(request, attempt))
        if (retries + 1 >= maxAttempts || !worthRetrying(outcome, request, call)) return yield* outcome
        const wait = yield* delay(outcome, retries)
        if (Option.isNone(wait)) return yield* outcome
        yield* Meter.add(Catalogue.retries)
        yield* Effect.sleep(wait.value)
        return yield* turn(retries + 1, new Attempt(call, "retry", Duration.toMillis(wait.value)))
      })
    return turn(0, new Attempt(call))
  }
})
