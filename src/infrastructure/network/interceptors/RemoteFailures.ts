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
import { TransportFailure } from "../api/TransportFailure.ts"
import type { Call, Interceptor } from "./Interceptor.ts"
import * as RetryAfter from "./RetryAfter.ts"

/** What is asked for when a backend that limits says nothing. */
export const defaultRateLimit = Duration.seconds(1)

interface Answer {
  readonly issues: ReadonlyArray<string>
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
  return status >= 500 ? unavailable(answer) : new Rejected({ issues: answer.issues })
}

/** The failure that a lost exchange stands for. */
export const fromTransport = (failure: TransportFailure, repeatable: boolean): RemoteFailure => {
  if (failure.reason === "invalid_request") return new Rejected({ issues: ["the request cannot be written as HTTP"] })
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

/** Reads the field names of a problem (RFC 9457); anything missing or of another type is left out. */
export const issuesOf = (body: string): ReadonlyArray<string> => {
  const problem = Option.getOrUndefined(parseJson(body))
  if (!Predicate.isRecord(problem)) return []
  const errors = problem["errors"] ?? problem["issues"]
  if (!Array.isArray(errors)) return []
  return errors.slice(0, 20).flatMap((error) => location(error)?.slice(0, 200) ?? [])
}

const failureOf = (response: HttpClientResponse, call: Call) =>
  Effect.gen(function*() {
    const body = yield* Effect.orElseSucceed(response.text, () => "")
    const retryAfter = yield* RetryAfter.fromHeaders(response.headers)
    return fromStatus(response.status, { issues: issuesOf(body), retryAfter, repeatable: call.repeatable })
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
