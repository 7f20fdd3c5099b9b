/**
 * Tells what every exchange shows about the way to the backend.
 */
import { Effect } from "effect"
import type { Reachability } from "../api/Reachability.ts"
import type { TransportFailure } from "../api/TransportFailure.ts"
import type { Interceptor } from "./Interceptor.ts"

/** Ways of not getting through that say nothing about the line. */
const ours = new Set(["invalid_request", "tls"])

export const make =
  (reachability: typeof Reachability.Service): Interceptor<TransportFailure, TransportFailure> =>
  (next) =>
  (request, call) =>
    next(request, call).pipe(
      Effect.tap(reachability.reached),
      Effect.tapError((failure) =>
        failure.sent === "no" && !ours.has(failure.reason) ? reachability.unreachable : Effect.void
      )
    )
