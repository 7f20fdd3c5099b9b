/**
 * Bounds how many calls one origin has to do with at once. What is too many waits in a bounded line, as long as the call has
 * time; what does not fit the line fails.
 */
import { Effect } from "effect"
import * as Catalogue from "../../telemetry/catalogue/Http.ts"
import { DeadlineExceeded, Throttled } from "../api/ApiError.ts"
import type { Kind } from "../api/origin/Kind.ts"
import type { Place } from "../api/origin/Line.ts"
import { laneOf } from "../api/origin/OriginState.ts"
import type { Call } from "./Call.ts"
import { settling } from "./Interceptor.ts"
import type { CallInterceptor } from "./Interceptor.ts"

const late = () => new DeadlineExceeded({ phase: "queue", scope: "total", sent: "no" })

const waiting = (place: Place, call: Call): Effect.Effect<void, DeadlineExceeded> => {
  const left = call.remaining()
  return Number.isFinite(left)
    ? Effect.timeoutFail(place.turn, { duration: left, onTimeout: late })
    : place.turn
}

export const make = (kind: Kind): CallInterceptor => ({
  stage: "bulkhead",
  around: (next) => (request, call) =>
    Effect.uninterruptibleMask((restore) => {
      const { permits } = laneOf(call.origin, kind)
      const go = () =>
        settling(restore(Effect.suspend(() => next(request, call))), () => {
          permits.release()
        })
      if (permits.tryTake()) return go()
      const place = permits.join(call.options.priority)
      if (place === undefined) {
        Catalogue.throttled.update(1, { "strata.http.throttled_by": "bulkhead" })
        return new Throttled({ by: "bulkhead" })
      }
      const since = call.now()
      return Effect.matchCauseEffect(restore(waiting(place, call)), {
        onFailure: (cause) => {
          permits.leave(place)
          return Effect.failCause(cause)
        },
        onSuccess: () => {
          Catalogue.bulkheadWait.update((call.now() - since) / 1000, {})
          return go()
        }
      })
    })
})
