/**
 * Tells what every exchange shows about the way to the backend.
 */
import { Effect } from "effect"
import type { Reachability } from "../api/Reachability.ts"
import type { AttemptInterceptor } from "./Interceptor.ts"

/** Ways of not getting through that say nothing about the line. */
const ours = new Set(["invalid_request", "tls"])

export const make = (reachability: typeof Reachability.Service): AttemptInterceptor => ({
  stage: "wire",
  around: (next) => (request, attempt) =>
    next(request, attempt).pipe(
      Effect.tap(reachability.reached),
      Effect.tapError((failure) =>
        failure._tag === "TransportFailure" && failure.sent === "no" && !ours.has(failure.reason)
          ? reachability.unreachable
          : Effect.void
      )
    )
})
