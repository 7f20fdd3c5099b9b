/**
 * What an exchange that failed leaves behind: a record for the call, and what its origin is known for.
 */
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import { Duration, Either, Option } from "effect"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import type { ApiError, Outcome } from "../api/ApiError.ts"
import { isApiError, outcomeOfStatus } from "../api/ApiError.ts"
import type { Attempt } from "./Attempt.ts"
import type { Call } from "./Call.ts"
import * as RetryAfter from "./RetryAfter.ts"

export type Failed = Either.Either<HttpClientResponse, ApiError | SecretFailure>

/** `startedAt` on the clock of the call. */
export const record = (failed: Failed, { call, delayBefore, reason }: Attempt, startedAt: number): void =>
  call.record({
    ...Either.match(failed, {
      onLeft: ({ _tag }) => ({ cause: _tag }),
      onRight: ({ status }) => ({ cause: String(status), status })
    }),
    startedAt: startedAt - call.startedAt,
    duration: call.now() - startedAt,
    delayBefore,
    ...(reason === undefined ? {} : { resendReason: reason })
  })

/**
 * How long the answer asks everybody to stay away, in milliseconds. After 429 and 503 that holds for all calls to the
 * origin.
 */
export const retryAfter = (failed: Failed, { call, origin }: Attempt): number | undefined => {
  if (Either.isLeft(failed)) return undefined
  const { headers, status } = failed.right
  const now = call.now()
  if (status === 429) origin.retryBudget.limited(now)
  const asked = Option.map(RetryAfter.parse(headers["retry-after"], call.date()), Duration.toMillis)
  if (Option.isNone(asked)) return undefined
  if (status === 429 || status === 503) origin.notBefore.raise(now + asked.value, now)
  return asked.value
}

/** What the backend made of the request. */
export const outcomeOf = (failed: Failed): Outcome =>
  Either.match(failed, {
    onLeft: (failure) => isApiError(failure) ? failure.outcome : "not-sent",
    onRight: ({ status }) => outcomeOfStatus(status)
  })

/** What the call ends with, and its history where it is a failure; answers get theirs when they are judged. */
export const ended = (failed: Failed, call: Call): Failed => {
  if (Either.isLeft(failed) && isApiError(failed.left)) failed.left.attempts = call.attempts
  return failed
}
