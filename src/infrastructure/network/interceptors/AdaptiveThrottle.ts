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
import type { Reception } from "../api/origin/Throttle.ts"
import type { CallInterceptor } from "./Interceptor.ts"
import { settling } from "./Settling.ts"

/** How a backend that has too much to do answers, and a gateway before it. */
const overloaded = new Set([429, 502, 503, 504])

const ofStatus = (status: number): Reception => overloaded.has(status) ? "rejected" : "accepted"

const ofFailure = (failure: ApiError | SecretFailure): Reception => {
  switch (failure._tag) {
    case "HttpFailure":
      return ofStatus(failure.status)
    case "VersionRetired":
    case "DecodeFailure":
      return "accepted"
    case "TransportFailure":
      return failure.sent === "no" ? "unknown" : "rejected"
    case "DeadlineExceeded":
      return failure.sent === "no" ? "unknown" : "rejected"
    default:
      return "unknown"
  }
}

const receptionOf = (exit: Exit.Exit<HttpClientResponse, ApiError | SecretFailure>): Reception =>
  Exit.isSuccess(exit)
    ? ofStatus(exit.value.status)
    : Option.match(Cause.failureOption(exit.cause), { onNone: () => "unknown", onSome: ofFailure })

export const make = (): CallInterceptor => ({
  stage: "throttle",
  around: (next) => (request, call) => {
    const { throttle } = call.origin
    const send = Effect.uninterruptibleMask((restore) => {
      throttle.send(call.now())
      return settling(restore(Effect.suspend(() => next(request, call))), (exit) => {
        throttle.settle(receptionOf(exit), call.now())
      })
    })
    const chance = throttle.refusalProbability(call.now())
    return chance === 0 ? send : Effect.flatMap(Random.next, (drawn) => {
      if (drawn >= chance) return send
      throttle.refuse(call.now())
      Catalogue.throttled.update(1, { "strata.http.throttled_by": "adaptive" })
      return new Throttled({ by: "adaptive" })
    })
  }
})
