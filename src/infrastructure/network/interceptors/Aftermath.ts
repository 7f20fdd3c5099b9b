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

/** A redirection that is followed with the same method says that nothing was done yet. */
const isDeferred = (failed: Failed) =>
  Either.isRight(failed) && failed.right.status < 400 && failed.right.status !== 303

/** Writes it down. `startedAt` on the clock of the call. */
export const record = (failed: Failed, { call, delayBefore, reason }: Attempt, startedAt: number): void => {
  const now = call.now()
  call.became(isDeferred(failed) ? "rejected" : outcomeOf(failed))
  call.record({
    ...Either.match(failed, {
      onLeft: ({ _tag }) => ({ cause: _tag }),
      onRight: ({ status }) => ({ cause: String(status), status })
    }),
    startedAt: startedAt - call.startedAt,
    duration: now - startedAt,
    delayBefore,
    ...(reason === undefined ? {} : { resendReason: reason })
  })
}

/** How long the answer asks to stay away, in milliseconds. The stage `rateLimit` keeps other calls away as long. */
export const retryAfter = (failed: Failed, call: Call): number | undefined =>
  Either.isLeft(failed) ? undefined : Option.getOrUndefined(
    Option.map(RetryAfter.parse(failed.right.headers["retry-after"], call.date()), Duration.toMillis)
  )

/** What the backend made of the request. */
export const outcomeOf = (failed: Failed): Outcome =>
  Either.match(failed, {
    onLeft: (failure) => isApiError(failure) ? failure.outcome : "not-sent",
    onRight: ({ status }) => outcomeOfStatus(status)
  })
