/**
 * Gives each attempt its limits of time; the transport keeps them, with one timer. When nothing is left of the call nothing is
 * sent.
 */
import { Duration, Effect } from "effect"
import { DeadlineExceeded } from "../api/ApiError.ts"
import type { ApiPolicyOptions } from "../api/ApiPolicy.ts"
import type { AttemptInterceptor } from "./Interceptor.ts"

export const make = ({ deadlines }: ApiPolicyOptions): AttemptInterceptor => {
  const connect = Duration.toMillis(deadlines.connect)
  const headers = Duration.toMillis(deadlines.headers)
  const bodyIdle = Duration.toMillis(deadlines.bodyIdle)
  const limit = Duration.toMillis(deadlines.attempt)
  return {
    stage: "attemptDeadline",
    around: (next) => (request, attempt) => {
      const total = attempt.call.remaining()
      if (total === 0) return Effect.fail(new DeadlineExceeded({ phase: "queue", scope: "total", sent: "no" }))
      attempt.limits = { connect, headers, bodyIdle, attempt: limit, total }
      return next(request, attempt)
    }
  }
}
