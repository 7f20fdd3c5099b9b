/**
 * Tells what exchanges with the backend show about the way to it: an answer, that there is one; a failure to send anything,
 * that there may be none. Exchanges with other origins, after a redirect, show nothing.
 */
import { Cause, Effect, Option } from "effect"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import type { ApiError } from "../api/ApiError.ts"
import type { Reachability } from "../api/Reachability.ts"
import type { AttemptInterceptor } from "./Interceptor.ts"

/** Ways of not getting through that say nothing about the line. */
const ours = new Set(["invalid_request", "tls"])

/** A caller who had no time for a connection says nothing about the line either. */
const unsent = (failure: ApiError | SecretFailure): boolean =>
  failure._tag === "TransportFailure"
    ? failure.sent === "no" && !ours.has(failure.reason)
    : failure._tag === "DeadlineExceeded" && failure.sent === "no" && failure.phase === "connect" &&
      failure.scope === "attempt"

export const make = ({ reached, unreachable }: typeof Reachability.Service): AttemptInterceptor => ({
  stage: "wire",
  around: (next) => (request, attempt) =>
    attempt.origin !== attempt.call.origin ? next(request, attempt) : Effect.matchCauseEffect(next(request, attempt), {
      onSuccess: (response) => Effect.as(reached, response),
      onFailure: (cause) => {
        const failed = Effect.failCause(cause)
        return Option.exists(Cause.failureOption(cause), unsent) ? Effect.zipRight(unreachable, failed) : failed
      }
    })
})
