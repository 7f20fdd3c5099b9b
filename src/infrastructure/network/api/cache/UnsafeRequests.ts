/**
 * Requests that may change something at the backend: what was kept of it is removed (RFC 9111, section 4.4).
 */
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import { Cause, Effect, Exit, Option } from "effect"
import { safe } from "../../interceptors/Call.ts"
import type { Call } from "../../interceptors/Call.ts"
import type { SendCall } from "../../interceptors/Interceptor.ts"
import { isApiError } from "../ApiError.ts"
import * as CacheKey from "./CacheKey.ts"
import type { Flights } from "./Flights.ts"
import type { Invalidations } from "./Invalidations.ts"
import type { ResponseStore } from "./ResponseStore.ts"

export interface Options {
  readonly store: ResponseStore
  readonly invalidations: Invalidations
  readonly flights: Pick<Flights<never, never>, "forget">
}

/** Sends requests of all methods but `GET` and `HEAD`. */
export const make = ({ flights, invalidations, store }: Options) => (next: SendCall): SendCall => {
  const changed = (request: HttpClientRequest, call: Call, headers: Readonly<Record<string, string>>) => {
    const { principal } = call
    const url = CacheKey.urlOf(request)
    if (principal === undefined || url === undefined) return Effect.void
    return Effect.forEach(CacheKey.concerned(url, headers), (each) => {
      const key = CacheKey.primary(principal, each)
      invalidations.add(key)
      flights.forget(key)
      return store.removeFound(key)
    }, { discard: true })
  }

  return (request, call) =>
    safe.has(request.method) ? next(request, call) : Effect.onExit(next(request, call), (exit) => {
      if (Exit.isSuccess(exit) && exit.value.status < 400) return changed(request, call, exit.value.headers)
      const failure = Exit.isSuccess(exit) ? undefined : Option.getOrUndefined(Cause.failureOption(exit.cause))
      // Of any attempt: a later one that was refused, or not sent, does not undo it.
      const unknown = call.outcome === "unknown"
        || (Exit.isFailure(exit) && (!isApiError(failure) || failure.outcome === "unknown"))
      return unknown ? changed(request, call, {}) : Effect.void
    })
}
