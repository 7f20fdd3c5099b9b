/**
 * Requests name paths; the backend's origin is put in front here, and nothing can be sent anywhere else.
 */
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { Effect } from "effect"
import { Rejected } from "../../../domain/network/RemoteFailure.ts"
import type { Interceptor } from "./Interceptor.ts"

export const make = (origin: string) => {
  const base = origin.replace(/\/+$/, "")
  return <E>(): Interceptor<E, E | Rejected> => (next) => (request, call) =>
    request.url.startsWith("/")
      ? next(HttpClientRequest.setUrl(request, base + request.url), call)
      : Effect.fail(new Rejected({ issues: ["url: has to be a path of the backend"] }))
}
