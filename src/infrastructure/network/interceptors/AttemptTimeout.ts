/**
 * Bounds one attempt, its whole body included; of an event stream only the head.
 */
import { Effect } from "effect"
import type { Duration } from "effect"
import { TransportFailure } from "../api/TransportFailure.ts"
import type { Interceptor } from "./Interceptor.ts"

export const attemptTimeout: Duration.DurationInput = "15 seconds"

export const make =
  <E>(limit: Duration.DurationInput = attemptTimeout): Interceptor<E, E | TransportFailure> =>
  (next) =>
  (request, call) =>
    Effect.timeoutFail(next(request, call), {
      duration: limit,
      onTimeout: () => new TransportFailure({ reason: "timeout", sent: "maybe" })
    })
