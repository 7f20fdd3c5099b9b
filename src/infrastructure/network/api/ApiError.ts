/**
 * Every way a call ends without a good answer, in the words of HTTP. Data sources never see these: `RemoteFailures` maps
 * them, in one table.
 */
import { Data, Predicate } from "effect"
import type { Duration } from "effect"
import type { RemoteFailure } from "../../../domain/network/RemoteFailure.ts"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import type { Problem } from "./ProblemDetails.ts"

/** What became of one attempt. */
export interface AttemptRecord {
  /** From 1. */
  readonly number: number
  /** The tag of the failure, or the status. */
  readonly cause: string
  readonly status?: number
  /** Milliseconds from the start of the call. */
  readonly startedAt: number
  readonly duration: number
  readonly delayBefore: number
  readonly resendReason?: "retry" | "hedge" | "auth" | "redirect"
}

/**
 * What the backend made of it: it cannot have seen it, it refused it and did nothing, it failed at it, or nobody knows.
 */
export type Outcome = "not-sent" | "rejected" | "failed" | "unknown"

/** What some gateways say when they lost the backend. */
export const statuses52x: ReadonlyArray<number> = [520, 521, 522, 523, 524, 527]

/** Of gateways, which know nothing of the backend behind them. */
const lostBehindGateway = new Set([502, 504, ...statuses52x])

/** What was not done, and has to be sent elsewhere as it is (RFC 9110, sections 15.4.8 and 15.4.9). */
const isToBeSentElsewhere = (status: number) => status === 307 || status === 308

/** What an error status says. Any other redirection that was not followed may point to what was done. */
export const outcomeOfStatus = (status: number): Outcome =>
  isToBeSentElsewhere(status)
    ? "rejected"
    : status < 400 || lostBehindGateway.has(status)
    ? "unknown"
    : status >= 500
    ? "failed"
    : "rejected"

const none: ReadonlyArray<AttemptRecord> = []

/** The request cannot be written as HTTP, or does not belong to the backend. `issues` hold no values. */
export class RequestInvalid extends Data.TaggedError("RequestInvalid")<{ readonly issues: ReadonlyArray<string> }> {
  attempts = none
  readonly outcome: Outcome = "not-sent"
}

/** The device is known to be offline; nothing was sent. */
export class Offline extends Data.TaggedError("Offline")<{}> {
  attempts = none
  readonly outcome: Outcome = "not-sent"
}

/** The origin failed too often: nothing is sent before `retryAfter`. `halfOpen`: somebody else is finding out. */
export class CircuitOpen extends Data.TaggedError("CircuitOpen")<{
  readonly origin: string
  readonly halfOpen: boolean
  readonly retryAfter: Duration.Duration
}> {
  attempts = none
  readonly outcome: Outcome = "not-sent"
}

/** Refused here, because the backend is loaded, a queue is full or a limit is used up; nothing was sent. */
export class Throttled extends Data.TaggedError("Throttled")<{
  readonly by: "bulkhead" | "adaptive" | "rate"
  readonly retryAfter?: Duration.Duration
}> {
  attempts = none
  readonly outcome: Outcome = "not-sent"
}

export type Phase = "queue" | "connect" | "headers" | "body" | "backoff" | "auth"

/** A limit of time was reached, that of one attempt or that of the whole call, while `phase` was going on. */
export class DeadlineExceeded extends Data.TaggedError("DeadlineExceeded")<{
  readonly phase: Phase
  readonly scope: "attempt" | "total"
  /** Whether the backend may have seen the request of the last attempt. */
  readonly sent: "no" | "maybe"
}> {
  attempts = none
  /** Whether it happened with another origin, to which a redirect led. Set by the stage `redirect`. */
  elsewhere = false
  get outcome(): Outcome {
    return this.sent === "no" ? "not-sent" : "unknown"
  }
}

/** Why an exchange did not come about. */
export type Reason =
  | "refused"
  | "unresolved"
  | "unreachable"
  | "connect_timeout"
  | "tls"
  | "reset"
  | "timeout"
  | "malformed"
  | "too_large"
  | "invalid_request"
  | "other"

/** The exchange failed. `sent: "no"` means that the other side cannot have seen the request. */
export class TransportFailure extends Data.TaggedError("TransportFailure")<{
  readonly reason: Reason
  readonly sent: "no" | "maybe"
  readonly cause?: unknown
}> {
  attempts = none
  /** Whether it happened with another origin, to which a redirect led. Set by the stage `redirect`. */
  elsewhere = false
  get outcome(): Outcome {
    return this.sent === "no" ? "not-sent" : "unknown"
  }
  override get message() {
    return `The exchange failed (${this.reason}, sent: ${this.sent})`
  }
}

/** The backend answered with an error status. */
export class HttpFailure extends Data.TaggedError("HttpFailure")<{
  readonly status: number
  readonly problem: Problem
  readonly retryAfter?: Duration.Duration
  readonly requestId?: string
}> {
  attempts = none
  get outcome(): Outcome {
    return outcomeOfStatus(this.status)
  }
}

/** Nobody is signed in, or the session is over. */
export class SessionExpired extends Data.TaggedError("SessionExpired")<{}> {
  attempts = none
  readonly outcome: Outcome = "rejected"
}

/** There are no credentials to be had right now; the session is kept. */
export class AuthUnavailable extends Data.TaggedError("AuthUnavailable")<{ readonly failure: RemoteFailure }> {
  attempts = none
  readonly outcome: Outcome = "not-sent"
}

/** This idempotency key was used for another request; nothing was sent. */
export class IdempotencyKeyReused extends Data.TaggedError("IdempotencyKeyReused")<{}> {
  attempts = none
  readonly outcome: Outcome = "not-sent"
}

/** The answer is none that the contract has. `issues` say where and how, never the values. */
export class DecodeFailure extends Data.TaggedError("DecodeFailure")<{
  readonly status: number
  readonly issues: ReadonlyArray<string>
}> {
  attempts = none
  readonly outcome: Outcome = "unknown"
}

/** The backend no longer serves this version, and there is no other that both speak. */
export class VersionRetired extends Data.TaggedError("VersionRetired")<{ readonly version: string }> {
  attempts = none
  readonly outcome: Outcome = "rejected"
}

/** Another attempt was due and the body could be read only once. `outcome` is that of the attempt before. */
export class BodyNotReplayable extends Data.TaggedError("BodyNotReplayable")<{ readonly outcome: Outcome }> {
  attempts = none
}

export type ApiError =
  | RequestInvalid
  | Offline
  | CircuitOpen
  | Throttled
  | DeadlineExceeded
  | TransportFailure
  | HttpFailure
  | SessionExpired
  | AuthUnavailable
  | IdempotencyKeyReused
  | DecodeFailure
  | VersionRetired
  | BodyNotReplayable

const classes: ReadonlyArray<abstract new(...args: Array<never>) => ApiError> = [
  RequestInvalid,
  Offline,
  CircuitOpen,
  Throttled,
  DeadlineExceeded,
  TransportFailure,
  HttpFailure,
  SessionExpired,
  AuthUnavailable,
  IdempotencyKeyReused,
  DecodeFailure,
  VersionRetired,
  BodyNotReplayable
]

/** Other failures pass the pipeline too, some of them under the same tags. */
export const isApiError = (failure: unknown): failure is ApiError =>
  Predicate.isObject(failure) && classes.some((each) => failure instanceof each)

/** Why an exchange has no answer, or no complete one. After a redirect it may be one with another origin. */
export type ExchangeFailure = TransportFailure | DeadlineExceeded

export const isOfExchange = (failure: ApiError | SecretFailure): failure is ExchangeFailure =>
  failure._tag === "TransportFailure" || failure._tag === "DeadlineExceeded"
