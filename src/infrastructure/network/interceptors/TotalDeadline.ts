/**
 * Says when the call is over: the shortest of what the policy, the endpoint and the caller allow. Nothing is started for it;
 * every wait and the transport ask the call what is left.
 */
import { Duration } from "effect"
import type { ApiPolicyOptions } from "../api/ApiPolicy.ts"
import type { CallInterceptor } from "./Interceptor.ts"

const infinite = Number.POSITIVE_INFINITY

const toMillis = (limit: Duration.DurationInput | undefined) =>
  limit === undefined ? infinite : Duration.toMillis(limit)

export const make = ({ deadlines }: ApiPolicyOptions): CallInterceptor => {
  const policy = Duration.toMillis(deadlines.total)
  return {
    stage: "deadline",
    around: (next) => (request, call) => {
      call.deadline = call.startedAt + Math.min(policy, toMillis(call.endpoint.total), toMillis(call.options.total))
      return next(request, call)
    }
  }
}
