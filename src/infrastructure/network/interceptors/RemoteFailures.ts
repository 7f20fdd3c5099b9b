/**
 * The one place where answers and lost exchanges become domain failures.
 */
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import { Duration, Effect, Option } from "effect"
import type { RemoteFailure } from "../../../domain/network/RemoteFailure.ts"
import {
  Conflict,
  Forbidden,
  NotFound,
  Offline,
  OutcomeUnknown,
  RateLimited,
  Rejected,
  Unauthenticated,
  Unavailable,
  UpgradeRequired
} from "../../../domain/network/RemoteFailure.ts"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import { HttpFailure, isApiError, outcomeOfStatus } from "../api/ApiError.ts"
import type { ApiError, TransportFailure } from "../api/ApiError.ts"
import { rejectedType } from "../api/contract/Problem.ts"
import * as ProblemDetails from "../api/ProblemDetails.ts"
import * as RetryAfter from "../api/retry/RetryAfter.ts"
import type { Call } from "./Call.ts"
import type { SendCall } from "./Interceptor.ts"

/** What is asked for when a backend that limits says nothing. */
export const defaultRateLimit = Duration.seconds(1)

interface Answer {
  readonly problem: ProblemDetails.Problem
  readonly retryAfter: Option.Option<Duration.Duration>
  readonly repeatable: boolean
}

const unavailable = ({ retryAfter }: Pick<Answer, "retryAfter">) =>
  new Unavailable(Option.isSome(retryAfter) ? { retryAfter: retryAfter.value } : {})

const byStatus: Readonly<Record<number, (answer: Answer) => RemoteFailure>> = {
  401: () => new Unauthenticated(),
  403: () => new Forbidden(),
  404: () => new NotFound(),
  408: unavailable,
  409: () => new Conflict(),
  410: () => new NotFound(),
  412: () => new Conflict(),
  421: unavailable,
  425: unavailable,
  426: () => new UpgradeRequired(),
  429: ({ retryAfter }) => new RateLimited({ retryAfter: Option.getOrElse(retryAfter, () => defaultRateLimit) })
}

/** The failure that an error status stands for. */
export const fromStatus = (status: number, answer: Answer): RemoteFailure => {
  const known = byStatus[status]
  if (known !== undefined) return known(answer)
  // A redirect that was not followed is the backend's fault, not the request's.
  if (status >= 500 || status < 400) {
    return outcomeOfStatus(status) === "unknown" && !answer.repeatable ? new OutcomeUnknown() : unavailable(answer)
  }
  const { problem: { issues, type } } = answer
  const explained = status === 413 || (status === 422 && type === rejectedType)
  return new Rejected(explained ? { issues } : { issues, unexplained: true })
}

/** The failure that a lost exchange stands for. */
export const fromTransport = (failure: TransportFailure, repeatable: boolean): RemoteFailure => {
  if (failure.reason === "invalid_request") {
    return new Rejected({ issues: ["the request cannot be written as HTTP"], unexplained: true })
  }
  if (failure.sent === "maybe") return repeatable ? new Unavailable({}) : new OutcomeUnknown()
  return failure.reason === "tls" ? new Unavailable({}) : new Offline()
}

/** What keeps tokens away from every call. Anything else that is said of a refresh is not said of the call, which was not sent. */
const passedOn = new Set<RemoteFailure["_tag"]>(["Offline", "Unavailable", "RateLimited", "UpgradeRequired"])

/** The failure that the last of a call's attempts stands for. */
const ofLast = (error: ApiError, call: Pick<Call, "repeatable">): RemoteFailure => {
  switch (error._tag) {
    case "HttpFailure":
      return fromStatus(error.status, {
        problem: error.problem,
        retryAfter: Option.fromNullable(error.retryAfter),
        repeatable: call.repeatable
      })
    case "TransportFailure":
      return fromTransport(error, call.repeatable)
    case "RequestInvalid":
      return new Rejected({ issues: error.issues })
    case "Offline":
      return new Offline()
    case "SessionExpired":
      return new Unauthenticated()
    case "AuthUnavailable":
      return passedOn.has(error.failure._tag) ? error.failure : new Unavailable({})
    case "VersionRetired":
      return new UpgradeRequired()
    case "IdempotencyKeyReused":
      return new Rejected({ issues: ["Idempotency-Key: was used for another request"] })
    case "CircuitOpen":
      return new Unavailable({ retryAfter: error.retryAfter })
    case "Throttled":
      return new Unavailable(error.retryAfter === undefined ? {} : { retryAfter: error.retryAfter })
    case "DecodeFailure":
    case "DeadlineExceeded":
    case "BodyNotReplayable":
      return error.outcome === "unknown" && !call.repeatable ? new OutcomeUnknown() : new Unavailable({})
  }
}

/** It was done, and nobody saw it: what came afterwards says nothing about it. */
const unseen = (error: ApiError, { repeatable }: Pick<Call, "repeatable">) =>
  repeatable
    ? unavailable({ retryAfter: Option.fromNullable("retryAfter" in error ? error.retryAfter : undefined) })
    : new OutcomeUnknown()

/** The failure that callers see, for every way a call ends. An earlier attempt may have done what the last one did not. */
export const failureOf = (error: ApiError, call: Pick<Call, "isDone" | "outcome" | "repeatable">): RemoteFailure => {
  if (call.isDone) return unseen(error, call)
  const failure = ofLast(error, call)
  if (error.outcome !== "not-sent" || call.outcome === "not-sent") return failure
  if (call.outcome === "unknown" && !call.repeatable) return new OutcomeUnknown()
  return failure._tag === "Offline" ? new Unavailable({}) : failure
}

const isGood = (status: number) => status < 300 || status === 304

/** What a good answer is to everybody outside: any other status becomes a failure, with what its body says. */
const judged = (response: HttpClientResponse) =>
  isGood(response.status) ? Effect.succeed(response) : Effect.gen(function*() {
    const body = yield* ProblemDetails.textOf(response)
    const retryAfter = yield* RetryAfter.fromHeaders(response.headers)
    const requestId = response.headers["x-request-id"]
    return yield* new HttpFailure({
      status: response.status,
      problem: ProblemDetails.parse(body, response.headers["content-type"]),
      ...(Option.isSome(retryAfter) ? { retryAfter: retryAfter.value } : {}),
      ...(requestId === undefined ? {} : { requestId: requestId.slice(0, 100) })
    })
  })

/** Judges answers; failures carry what became of the attempts before `as` makes of them what comes out. */
export const judge =
  <E>(send: SendCall, as: (error: ApiError, call: Call) => E) => (request: HttpClientRequest, call: Call) =>
    Effect.mapError(Effect.flatMap(send(request, call), judged), (failure): E | SecretFailure => {
      if (!isApiError(failure)) return failure
      failure.attempts = [...call.attempts]
      return as(failure, call)
    })

/** Stands around all stages. */
export const around = (send: SendCall) => judge(send, failureOf)
