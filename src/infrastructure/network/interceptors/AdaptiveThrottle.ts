/**
 * Refuses calls here when the backend refuses too many of them, so that it has to refuse few. Only what is sent teaches
 * anything: calls that are given up, or fail before they are sent, do not count.
 */
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import { Cause, Effect, Exit, Option, Random } from "effect"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import * as Catalogue from "../../telemetry/catalogue/Http.ts"
import { Throttled } from "../api/ApiError.ts"
import type { ApiError } from "../api/ApiError.ts"
import type { Call } from "./Call.ts"
import type { CallInterceptor } from "./Interceptor.ts"
import { settling } from "./Settling.ts"

type Verdict = "accepted" | "refused" | "unknown"

/** How a backend that has too much to do answers, and a gateway before it. */
const refusals = new Set([429, 502, 503, 504])

const ofStatus = (status: number): Verdict => refusals.has(status) ? "refused" : "accepted"

const ofFailure = (failure: ApiError | SecretFailure): Verdict => {
  switch (failure._tag) {
    case "HttpFailure":
      return ofStatus(failure.status)
    case "VersionRetired":
    case "DecodeFailure":
      return "accepted"
    case "TransportFailure":
      return failure.sent === "no" ? "unknown" : "refused"
    case "DeadlineExceeded":
      return failure.sent === "no" ? "unknown" : "refused"
    default:
      return "unknown"
  }
}

const verdictOf = (exit: Exit.Exit<HttpClientResponse, ApiError | SecretFailure>): Verdict =>
  Exit.isSuccess(exit)
    ? ofStatus(exit.value.status)
    : Option.match(Cause.failureOption(exit.cause), { onNone: () => "unknown", onSome: ofFailure })

const settle = (call: Call, exit: Exit.Exit<HttpClientResponse, ApiError | SecretFailure>): void => {
  const verdict = verdictOf(exit)
  const { throttle } = call.origin
  if (verdict === "accepted") throttle.accept(call.now())
  else if (verdict === "unknown") throttle.withdraw(call.now())
}

export const make = (): CallInterceptor => ({
  stage: "throttle",
  around: (next) => (request, call) => {
    const { throttle } = call.origin
    const send = Effect.uninterruptibleMask((restore) => {
      throttle.request(call.now())
      return settling(restore(Effect.suspend(() => next(request, call))), (exit) => settle(call, exit))
    })
    const chance = throttle.refusalProbability(call.now())
    return chance === 0 ? send : Effect.flatMap(Random.next, (drawn) => {
      if (drawn >= chance) return send
      throttle.request(call.now())
      Catalogue.throttled.update(1, { "strata.http.throttled_by": "adaptive" })
      return new Throttled({ by: "adaptive" })
    })
  }
})
