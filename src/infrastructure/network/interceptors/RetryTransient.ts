/**
 * Tries again what may pass: at most three times more, with full jitter, as long as the backend asks for, and never a
 * request that may have had its effect unless it may have it twice.
 */
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import { Duration, Effect, Either, Option } from "effect"
import * as Catalogue from "../../telemetry/catalogue/Http.ts"
import * as Meter from "../../telemetry/Meter.ts"
import * as Jitter from "../api/Jitter.ts"
import { TransportFailure } from "../api/TransportFailure.ts"
import type { Call, Interceptor } from "./Interceptor.ts"
import * as RetryAfter from "./RetryAfter.ts"

export const maxAttempts = 4
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

type Outcome<E> = Either.Either<HttpClientResponse, E | TransportFailure>

const worthRetrying = <E>(outcome: Outcome<E>, request: HttpClientRequest, call: Call): boolean => {
  if (request.body._tag !== "Empty" && request.body._tag !== "Uint8Array") return false
  if (Either.isRight(outcome)) {
    const rule = retriedStatus[outcome.right.status]
    return rule === "always" || (rule === "repeatable" && call.repeatable)
  }
  const failure = outcome.left
  return failure instanceof TransportFailure
    && !hopeless.has(failure.reason)
    && (failure.sent === "no" || call.repeatable)
}

/** `U(0, min(cap, base · 2^n))`, or what the backend asks for and up to a tenth more. `none` when that is too long. */
const delay = <E>(outcome: Outcome<E>, retries: number) =>
  Effect.gen(function*() {
    const throttled = Either.isRight(outcome) && outcome.right.status === 429
    const backoff = yield* Jitter.full(throttled ? throttledBase : base, cap, retries)
    const asked = Either.isRight(outcome) ? yield* RetryAfter.fromHeaders(outcome.right.headers) : Option.none()
    if (Option.isNone(asked)) return Option.some(backoff)
    if (Duration.greaterThan(asked.value, maxRetryAfter)) return Option.none()
    const extra = yield* Jitter.between(0, Duration.times(asked.value, 0.1))
    return Option.some(Duration.sum(Duration.max(backoff, asked.value), extra))
  })

export const make = <E>(): Interceptor<E | TransportFailure, E | TransportFailure> => (next) => (request, call) => {
  const attempt = (retries: number): Effect.Effect<HttpClientResponse, E | TransportFailure> =>
    Effect.gen(function*() {
      const outcome: Outcome<E> = yield* Effect.either(next(request, call))
      if (retries + 1 >= maxAttempts || !worthRetrying(outcome, request, call)) return yield* outcome
      const wait = yield* delay(outcome, retries)
      if (Option.isNone(wait)) return yield* outcome
      yield* Meter.add(Catalogue.retries)
      yield* Effect.sleep(wait.value)
      return yield* attempt(retries + 1)
    })
  return attempt(0)
}
