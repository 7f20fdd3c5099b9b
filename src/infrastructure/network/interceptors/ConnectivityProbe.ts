/**
 * Tells what exchanges show about the way to the backend: an answer, that there is one; two failures in a row to send
 * anything, that there is none. One alone may be a connection that went away at the wrong moment.
 */
import { Cause, Effect } from "effect"
import type { Reachability } from "../api/Reachability.ts"
import type { AttemptInterceptor } from "./Interceptor.ts"

/** Failures in a row that are enough. */
const evidence = 2

/** Ways of not getting through that say nothing about the line. */
const ours = new Set(["invalid_request", "tls"])

export const make = (reachability: typeof Reachability.Service): AttemptInterceptor => {
  let unsent = 0
  return {
    stage: "wire",
    around: (next) => (request, attempt) =>
      Effect.matchCauseEffect(next(request, attempt), {
        onSuccess: (response) => {
          unsent = 0
          return Effect.as(reachability.reached, response)
        },
        onFailure: (cause) => {
          const failure = Cause.failureOption(cause)
          const failed = Effect.failCause(cause)
          if (failure._tag === "None" || failure.value._tag !== "TransportFailure") return failed
          const { reason, sent } = failure.value
          if (sent === "maybe" || ours.has(reason) || ++unsent < evidence) return failed
          return Effect.zipRight(reachability.unreachable, failed)
        }
      })
  }
}
