/**
 * Refuses calls here when the backend refuses too many of them, so that it has to refuse few. Only what is sent teaches
 * anything: calls that are given up, or fail before they are sent, do not count.
 */
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import { Cause, Effect, Exit, Option, Random } from "effect"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import * as Catalogue from "../../telemetry/catalogue/Http.ts"
import { isOfExchange, Throttled } from "../api/ApiError.ts"
import type { ApiError } from "../api/ApiError.ts"
import { answered } from "../api/origin/OriginState.ts"
import type { OriginState } from "../api/origin/OriginState.ts"
import { isHurried } from "./CircuitBreaker.ts"
import { settling } from "./Interceptor.ts"
import type { CallInterceptor } from "./Interceptor.ts"

/** What became of a call: the backend did it, was too busy for it, or never had its say. */
type Reception = "accepted" | "rejected" | "unknown"

/** How a backend that has too much to do answers, and a gateway before it. */
const overloaded = new Set([429, 502, 503, 504])

const ofStatus = (status: number): Reception => overloaded.has(status) ? "rejected" : "accepted"

const ofFailure = (failure: ApiError | SecretFailure, lasted: number): Reception => {
  // A redirect is all that it was asked for.
  if (isOfExchange(failure) && failure.elsewhere) return "accepted"
  switch (failure._tag) {
    case "HttpFailure":
      return ofStatus(failure.status)
    case "VersionRetired":
    case "DecodeFailure":
      return "accepted"
    case "TransportFailure":
      return failure.sent === "no" ? "unknown" : "rejected"
    case "DeadlineExceeded":
      return failure.sent === "no" || isHurried(failure, lasted) ? "unknown" : "rejected"
    default:
      return "unknown"
  }
}

const receptionOf = (
  origin: OriginState,
  exit: Exit.Exit<HttpClientResponse, ApiError | SecretFailure>,
  lasted: number
): Reception => {
  if (Exit.isSuccess(exit)) return answered(origin, exit.value) ? ofStatus(exit.value.status) : "accepted"
  const failure = Cause.failureOption(exit.cause)
  return Option.isSome(failure) ? ofFailure(failure.value, lasted) : "unknown"
}

export const make = (): CallInterceptor => ({
  stage: "throttle",
  around: (next) => (request, call) => {
    const { throttle } = call.origin
    const since = call.now()
    const send = () =>
      settling(next(request, call), (exit) => {
        const now = call.now()
        const reception = receptionOf(call.origin, exit, now - since)
        if (reception === "accepted") throttle.accept(now)
        else if (reception === "rejected") throttle.reject(now)
      })
    const chance = throttle.refusalProbability(since)
    return chance === 0 ? send() : Effect.flatMap(Random.next, (drawn) => {
      if (drawn >= chance) return send()
      throttle.refuse(call.now())
      Catalogue.throttled.update(1, { "strata.http.throttled_by": "adaptive" })
      return new Throttled({ by: "adaptive" })
    })
  }
})
