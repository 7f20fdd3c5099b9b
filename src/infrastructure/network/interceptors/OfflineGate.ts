/**
 * Nothing is sent while the device is known to be offline; the caller learns it at once. Somebody wanting to reach the
 * backend is reason to look whether that is still so.
 */
import { Effect } from "effect"
import type { Connectivity } from "../../../domain/network/Connectivity.ts"
import { Offline } from "../api/ApiError.ts"
import type { Reachability } from "../api/Reachability.ts"
import type { CallInterceptor } from "./Interceptor.ts"

export const make = (
  connectivity: typeof Connectivity.Service,
  reachability: typeof Reachability.Service
): CallInterceptor => ({
  stage: "offline",
  around: (next) => (request, call) =>
    Effect.flatMap(connectivity.state, (state) =>
      state === "online" ? next(request, call) : Effect.flatMap(
        Effect.zipRight(reachability.wanted, connectivity.state),
        (still) => still === "online" ? next(request, call) : new Offline()
      ))
})
