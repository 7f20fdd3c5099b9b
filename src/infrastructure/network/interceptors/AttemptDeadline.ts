/**
 * Gives each attempt its limits of time; the transport keeps them, with one timer.
 */
import { Duration } from "effect"
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
      attempt.limits = { connect, headers, bodyIdle, attempt: limit, total: attempt.call.remaining() }
      return next(request, attempt)
    }
  }
}
