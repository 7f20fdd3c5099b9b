/**
 * Sends as much as the backend's answers allow, and no earlier than they ask for. What has to wait waits in a bounded line;
 * what would wait for longer than its call has time fails at once and says how long.
 */
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import { Duration, Effect, Exit, Option } from "effect"
import * as Catalogue from "../../telemetry/catalogue/Http.ts"
import { Throttled } from "../api/ApiError.ts"
import type { Place } from "../api/origin/Line.ts"
import * as RateLimitHeaders from "../api/origin/RateLimitHeaders.ts"
import type { Answer } from "../api/origin/RateLimits.ts"
import type { Attempt } from "./Attempt.ts"
import type { Call } from "./Call.ts"
import type { AttemptInterceptor, SendAttempt } from "./Interceptor.ts"
import * as RetryAfter from "./RetryAfter.ts"
import { settling } from "./Settling.ts"
import * as Turn from "./Turn.ts"

const silent: ReadonlyArray<RateLimitHeaders.Observation> = []

/** `Retry-After` wins. Answers out of a cache, and redirections, say nothing about what comes now. */
const read = ({ headers, status }: HttpClientResponse, call: Call): Answer => {
  const { age } = headers
  if ((status >= 300 && status < 400) || (age !== undefined && age.trim() !== "0")) {
    return { status, retryAfter: undefined, observations: silent }
  }
  const retryAfter = status === 429 || status === 503
    ? Option.getOrUndefined(Option.map(RetryAfter.parse(headers["retry-after"], call.date()), Duration.toMillis))
    : undefined
  return { status, retryAfter, observations: RateLimitHeaders.parse(headers, call.date()) }
}

const refused = (wait: number) => {
  Catalogue.throttled.update(1, { "strata.http.throttled_by": "rate" })
  return new Throttled({ by: "rate", retryAfter: Duration.millis(Math.ceil(wait)) })
}

/** Whoever waits looks again when it should be its turn: the time may have come, or be another. */
const turn = (place: Place, attempt: Attempt): Effect.Effect<void, Throttled> =>
  Effect.suspend(() => {
    const { call, origin: { rateLimits } } = attempt
    const now = call.now()
    rateLimits.pump(now)
    if (place.called !== undefined) return Effect.void
    const wait = rateLimits.waitOf(place, now)
    if (wait > call.remaining()) return refused(wait)
    return Effect.flatMap(
      Effect.raceFirst(Turn.called(place), Effect.sleep(Math.max(1, Math.ceil(wait)))),
      () => turn(place, attempt)
    )
  })

const counted = (next: SendAttempt, request: HttpClientRequest, attempt: Attempt): ReturnType<SendAttempt> =>
  Effect.uninterruptibleMask((restore) => {
    const { call, origin: { rateLimits } } = attempt
    const go = (number: number) =>
      settling(
        restore(Effect.suspend(() => next(request, attempt))),
        (exit) => rateLimits.settle(number, Exit.isSuccess(exit) ? read(exit.value, call) : undefined, call.now())
      )
    const since = call.now()
    const number = rateLimits.take(since)
    if (number !== undefined) return go(number)
    const place = rateLimits.join(call.options.priority)
    if (place === undefined) return refused(rateLimits.waitOfNext(since))
    return Effect.matchCauseEffect(restore(turn(place, attempt)), {
      onFailure: (cause) => {
        rateLimits.leave(place, call.now())
        return Effect.failCause(cause)
      },
      onSuccess: () => {
        Catalogue.rateLimitWait.update((call.now() - since) / 1000, {})
        return go(place.called ?? 0)
      }
    })
  })

export const make = (): AttemptInterceptor => ({
  stage: "rateLimit",
  around: (next) => (request, attempt) => {
    const { call, origin: { rateLimits } } = attempt
    if (!rateLimits.unlimited(call.now())) return counted(next, request, attempt)
    const number = rateLimits.pass()
    return Effect.map(next(request, attempt), (response) => {
      rateLimits.observe(number, read(response, call), call.now())
      return response
    })
  }
})
