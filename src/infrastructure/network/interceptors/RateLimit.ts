/**
 * Sends as much as the backend's answers allow, and no earlier than they ask for. What has to wait waits in a bounded line;
 * what would wait for longer than its call has time fails at once and says how long.
 */
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import { Cause, Duration, Effect, Exit, Option } from "effect"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import * as Catalogue from "../../telemetry/catalogue/Http.ts"
import { isOfExchange, Throttled } from "../api/ApiError.ts"
import type { ApiError } from "../api/ApiError.ts"
import type { Kind } from "../api/origin/Kind.ts"
import type { Place } from "../api/origin/Line.ts"
import { answered } from "../api/origin/OriginState.ts"
import * as RateLimitHeaders from "../api/origin/RateLimitHeaders.ts"
import type { Answer } from "../api/origin/RateLimits.ts"
import * as RetryAfter from "../api/retry/RetryAfter.ts"
import type { Attempt } from "./Attempt.ts"
import { settling } from "./Interceptor.ts"
import type { AttemptInterceptor, SendAttempt } from "./Interceptor.ts"

const silent: Answer = { status: 0, retryAfter: undefined, observations: [] }

/**
 * `Retry-After` wins. Answers out of a cache, and redirections, say nothing about what comes now, and another origin that a
 * redirection led to says nothing about this one.
 */
const read = (response: HttpClientResponse, { call, origin }: Attempt): Answer => {
  const { headers, status } = response
  const { age } = headers
  if (!answered(origin, response)) return silent
  if ((status >= 300 && status < 400) || (age !== undefined && age.trim() !== "0")) return silent
  const retryAfter = status === 429 || status === 503
    ? RetryAfter.millis(headers["retry-after"], call.date())
    : undefined
  return { status, retryAfter, observations: RateLimitHeaders.parse(headers, call.date()) }
}

/** What ends before the stage `wire`, or without a connection, does not count anywhere. */
const ended = (exit: Exit.Exit<HttpClientResponse, ApiError | SecretFailure>, attempt: Attempt) =>
  Exit.match(exit, {
    onSuccess: (response) => read(response, attempt),
    onFailure: (cause) => {
      if (attempt.sentAt === undefined) return "not sent"
      const unsent = Option.exists(
        Cause.failureOption(cause),
        (failure) => isOfExchange(failure) && failure.sent === "no"
      )
      return unsent && !attempt.isFollowed ? "not sent" : "lost"
    }
  })

const refused = (wait: number) => {
  Catalogue.throttled.update(1, { "strata.http.throttled_by": "rate" })
  return new Throttled({ by: "rate", retryAfter: Duration.millis(Math.ceil(wait)) })
}

/** Whoever waits looks again when it should be its turn: the time may have come, or be another. */
const turn = (kind: Kind, place: Place, attempt: Attempt): Effect.Effect<void, Throttled> =>
  Effect.suspend(() => {
    const { call, origin: { rateLimits } } = attempt
    const now = call.now()
    rateLimits.pump(now)
    if (place.called !== undefined) return Effect.void
    const wait = rateLimits.waitOf(kind, place, now)
    if (wait > call.remaining()) return refused(wait)
    return Effect.flatMap(
      Effect.raceFirst(place.turn, Effect.sleep(Math.max(1, Math.ceil(wait)))),
      () => turn(kind, place, attempt)
    )
  })

const counted = (
  kind: Kind,
  next: SendAttempt,
  request: HttpClientRequest,
  attempt: Attempt
): ReturnType<SendAttempt> =>
  Effect.uninterruptibleMask((restore) => {
    const { call, origin: { rateLimits } } = attempt
    const go = (number: number) =>
      settling(
        restore(Effect.suspend(() => next(request, attempt))),
        (exit) => rateLimits.settle(kind, number, ended(exit, attempt), call.now())
      )
    const since = call.now()
    const number = rateLimits.take(kind, since)
    if (number !== undefined) return go(number)
    const place = rateLimits.join(kind, call.options.priority)
    if (place === undefined) return refused(rateLimits.waitOfNext(kind, since))
    return Effect.matchCauseEffect(restore(turn(kind, place, attempt)), {
      onFailure: (cause) => {
        rateLimits.leave(kind, place, call.now())
        return Effect.failCause(cause)
      },
      onSuccess: () => {
        Catalogue.rateLimitWait.update((call.now() - since) / 1000, {})
        return go(place.called ?? 0)
      }
    })
  })

export const make = (kind: Kind): AttemptInterceptor => ({
  stage: "rateLimit",
  around: (next) => (request, attempt) => {
    const { call, origin: { rateLimits } } = attempt
    if (!rateLimits.unlimited(call.now())) return counted(kind, next, request, attempt)
    const number = rateLimits.pass()
    return Effect.map(next(request, attempt), (response) => {
      rateLimits.observe(number, read(response, attempt), call.now())
      return response
    })
  }
})
