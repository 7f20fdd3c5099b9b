/**
 * The one place where answers and lost exchanges become domain failures.
 */
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import { Duration, Effect, Option, Predicate, Schema } from "effect"
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
import { rejectedType } from "../api/contract/Problem.ts"
import { TransportFailure } from "../api/TransportFailure.ts"
import type { Call, Interceptor } from "./Interceptor.ts"
import * as RetryAfter from "./RetryAfter.ts"

/** What is asked for when a backend that limits says nothing. */
export const defaultRateLimit = Duration.seconds(1)

/** What is known of an answer's problem details (RFC 9457). */
export interface Problem {
  readonly type: string | undefined
  readonly issues: ReadonlyArray<string>
}

interface Answer {
  readonly problem: Problem
  readonly retryAfter: Option.Option<Duration.Duration>
  readonly repeatable: boolean
}

const unavailable = ({ retryAfter }: Pick<Answer, "retryAfter">) =>
  new Unavailable(Option.isSome(retryAfter) ? { retryAfter: retryAfter.value } : {})

/** A gateway lost the answer of the backend behind it. */
const lostBehindGateway = (answer: Answer) => answer.repeatable ? unavailable(answer) : new OutcomeUnknown()

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
  429: ({ retryAfter }) => new RateLimited({ retryAfter: Option.getOrElse(retryAfter, () => defaultRateLimit) }),
  502: lostBehindGateway,
  504: lostBehindGateway
}

/** The failure that an error status stands for. */
export const fromStatus = (status: number, answer: Answer): RemoteFailure => {
  const known = byStatus[status]
  if (known !== undefined) return known(answer)
  if (status >= 500) return unavailable(answer)
  const { problem: { issues, type } } = answer
  const explained = status === 413 || (status === 422 && type === rejectedType)
  return new Rejected(explained ? { issues } : { issues, unexplained: true })
}

/** The failure that a lost exchange stands for. */
export const fromTransport = (failure: TransportFailure, repeatable: boolean): RemoteFailure => {
  if (failure.reason === "invalid_request") {
    return new Rejected({ issues: ["the request cannot be written as HTTP"], unexplained: true })
  }
  if (failure.reason === "tls") return new Unavailable({})
  if (failure.sent === "no") return new Offline()
  return repeatable ? new Unavailable({}) : new OutcomeUnknown()
}

const parseJson = Schema.decodeUnknownOption(Schema.parseJson(Schema.Unknown))

/** Where a problem's error lies, however the backend writes it; nothing that could be a value. */
const location = (error: unknown): string | undefined => {
  if (typeof error === "string") return error
  if (!Predicate.isRecord(error)) return undefined
  if (Array.isArray(error["path"])) return error["path"].map(String).join(".")
  return ["pointer", "field", "name", "parameter"].map((key) => error[key]).find((value) => typeof value === "string")
}

/** Reads the type and the field names of a problem; anything missing or of another type is left out. */
export const problemOf = (body: string): Problem => {
  const problem = Option.getOrUndefined(parseJson(body))
  if (!Predicate.isRecord(problem)) return { type: undefined, issues: [] }
  const type = typeof problem["type"] === "string" ? problem["type"] : undefined
  const errors = problem["errors"] ?? problem["issues"]
  if (!Array.isArray(errors)) return { type, issues: [] }
  return { type, issues: errors.slice(0, 20).flatMap((error) => location(error)?.slice(0, 200) ?? []) }
}

const failureOf = (response: HttpClientResponse, call: Call) =>
  Effect.gen(function*() {
    const body = yield* Effect.orElseSucceed(response.text, () => "")
    const retryAfter = yield* RetryAfter.fromHeaders(response.headers)
    return fromStatus(response.status, { problem: problemOf(body), retryAfter, repeatable: call.repeatable })
  })

export const make = <E>(): Interceptor<E | TransportFailure, E | RemoteFailure> => (next) => (request, call) =>
  next(request, call).pipe(
    Effect.mapError((failure): E | RemoteFailure =>
      failure instanceof TransportFailure ? fromTransport(failure, call.repeatable) : failure
    ),
    Effect.flatMap((response) =>
      response.status < 400 ? Effect.succeed(response) : Effect.flatMap(failureOf(response, call), Effect.fail)
    )
  )
