/**
 * One time that a call goes out.
 */
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import { Either } from "effect"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import { isApiError, outcomeOfStatus } from "../api/ApiError.ts"
import type { ApiError, Outcome } from "../api/ApiError.ts"
import type { OriginState } from "../api/origin/OriginState.ts"
import type { PhaseLimits } from "../api/transport/Transport.ts"
import type { Call } from "./Call.ts"

/** Why a request goes out once more. Only `retry` and `hedge` cost budget. */
export type ResendReason = "retry" | "hedge" | "auth" | "redirect"

/** How an attempt ended: with an answer of any status, or without one. */
export type Result = Either.Either<HttpClientResponse, ApiError | SecretFailure>

/** What the backend made of the request. */
export const outcomeOf: (result: Result) => Outcome = Either.match({
  onLeft: (failure) => isApiError(failure) ? failure.outcome : "not-sent",
  onRight: ({ status }) => outcomeOfStatus(status)
})

/** Told only when it is followed, and that it is after safe methods alone: nothing was done. */
const isMoved = (result: Result) =>
  Either.isRight(result) && (result.right.status === 301 || result.right.status === 302)

export class Attempt {
  readonly call: Call
  /** Absent on the first. */
  readonly reason: ResendReason | undefined
  /** How long was waited for this one, in milliseconds. */
  readonly delayBefore: number
  /** Where it goes; differs from the call's only after a redirect to another origin. */
  readonly origin: OriginState
  /** Set by the stage `attemptDeadline`. */
  limits: PhaseLimits | undefined
  /** When it went out, on the clock of `call.now()`. Set by the stage `wire`. */
  sentAt: number | undefined
  /** Whether its answer was no end: another request followed it, within its turn of the loop. */
  isFollowed = false

  constructor(call: Call, reason?: ResendReason, delayBefore = 0, origin = call.origin) {
    this.call = call
    this.reason = reason
    this.delayBefore = delayBefore
    this.origin = origin
  }

  /** The same request once more, within this attempt's turn of the loop. */
  again(reason: ResendReason, origin = this.origin): Attempt {
    this.isFollowed = true
    return new Attempt(this.call, reason, 0, origin)
  }

  /** Whether it never went out: there was no request that a budget has to pay for. */
  wasRefused(result: Result): boolean {
    return this.sentAt === undefined && outcomeOf(result) === "not-sent"
  }

  /** Tells the call of an end that is not what its caller asked for. `startedAt` on the clock of `call.now()`. */
  record(result: Result, startedAt: number): void {
    const { call, delayBefore, reason } = this
    call.became(isMoved(result) ? "rejected" : outcomeOf(result))
    call.record({
      ...Either.match(result, {
        onLeft: ({ _tag }) => ({ cause: _tag }),
        onRight: ({ status }) => ({ cause: String(status), status })
      }),
      startedAt: startedAt - call.startedAt,
      duration: call.now() - startedAt,
      delayBefore,
      ...(reason === undefined ? {} : { resendReason: reason })
    })
  }
}
