/**
 * The backend's error answers: RFC 9457 problem details, as failures of handlers and as whole responses.
 */
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { Duration, Effect, Schema } from "effect"
import { CryptoFailure } from "../../domain/security/CryptoFailure.ts"
import { HashingUnavailable } from "../../domain/security/PasswordHashing.ts"
import {
  NotFoundProblem,
  RejectedProblem,
  TooManyRequestsProblem,
  UnauthorizedProblem,
  UnavailableProblem
} from "../../infrastructure/network/api/contract/Problem.ts"

interface Details {
  readonly detail?: string | undefined
  readonly errors?: ReadonlyArray<string> | undefined
}

interface Problem extends Details {
  readonly type: string
  readonly title: string
  readonly status: number
}

const constructor = <A extends Problem, I>(schema: Schema.Schema<A, I>) => {
  const bare = Schema.decodeUnknownSync(schema)({})
  return (details: Details = {}): A => ({ ...bare, ...details })
}

export const rejected = constructor(RejectedProblem)
export const unauthorized = constructor(UnauthorizedProblem)
export const notFound = constructor(NotFoundProblem)
export const tooManyRequests = constructor(TooManyRequestsProblem)
export const unavailable = constructor(UnavailableProblem)

const other = (status: number, type: string, title: string) => (): Problem => ({ type, title, status })

export const malformed = other(400, "/problems/malformed", "The body is not what its content type says")
export const tooLarge = other(413, "/problems/too-large", "The request is too large")
export const gone = other(410, "/problems/gone", "This version is no longer served")
export const failed = other(500, "/problems/failed", "The backend failed")

/** For a status that no constructor stands for. */
export const ofStatus = (status: number): Problem => ({ type: "about:blank", title: `HTTP ${status}`, status })

/** `scheme` is the one that 401 names; `retryAfter` is rounded up to seconds. */
export const respond = (
  problem: Problem,
  options: { readonly retryAfter?: Duration.Duration; readonly scheme?: string } = {}
): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.unsafeJson(problem, {
    status: problem.status,
    contentType: "application/problem+json",
    headers: {
      ...(options.scheme === undefined ? {} : { "www-authenticate": options.scheme }),
      ...(options.retryAfter === undefined
        ? {}
        : { "retry-after": `${Math.ceil(Duration.toSeconds(options.retryAfter))}` })
    }
  })

const Ours = Schema.Union(CryptoFailure, HashingUnavailable)
type Ours = typeof Ours.Type

const isOurs = Schema.is(Ours)

/** What our own disk, keys and memory do to us is 503 for a client; the log names the failure, which holds no payload. */
export const orUnavailable = <A, E, R>(
  effect: Effect.Effect<A, E | Ours, R>
): Effect.Effect<A, Exclude<E, Ours> | typeof UnavailableProblem.Type, R> =>
  Effect.catchAll(effect, (failure) => {
    if (!isOurs(failure)) {
      return Effect.fail<Exclude<E, Ours> | typeof UnavailableProblem.Type>(failure as never)
    }
    return Effect.logError(`The backend cannot serve: ${failure.message}`).pipe(
      Effect.annotateLogs("error.type", failure._tag),
      Effect.zipRight(Effect.fail(unavailable()))
    )
  })
