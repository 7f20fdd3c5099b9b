/**
 * Signs requests, and once more with new credentials when the backend does not accept those it got. All attempts of a
 * call are signed for one account: what was written by one must not go out as another who signed in meanwhile.
 */
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import { Effect, Record, Redacted } from "effect"
import type { RemoteFailure } from "../../../domain/network/RemoteFailure.ts"
import { Unauthenticated } from "../../../domain/network/RemoteFailure.ts"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import type { AccessTokens } from "../api/AccessTokens.ts"
import type { Interceptor } from "./Interceptor.ts"

/** The token is good but does not allow this (RFC 6750, section 3.1), or the body is gone: new credentials change nothing. */
const final = (request: HttpClientRequest.HttpClientRequest, response: HttpClientResponse) =>
  response.status !== 401
  || (response.headers["www-authenticate"] ?? "").includes("insufficient_scope")
  || request.body._tag === "Stream"

export const make =
  (tokens: typeof AccessTokens.Service) =>
  <E>(): Interceptor<E, E | RemoteFailure | SecretFailure> =>
  (next) =>
  (request, call) => {
    const signed = Effect.gen(function*() {
      const { generation, headers, principal } = yield* tokens.credentials({ method: request.method, url: request.url })
      call.principal ??= principal
      if (call.principal !== principal) return yield* new Unauthenticated()
      const response = yield* next(HttpClientRequest.setHeaders(request, Record.map(headers, Redacted.value)), call)
      return { generation, response }
    })
    return Effect.gen(function*() {
      const first = yield* signed
      if (final(request, first.response)) return first.response
      yield* tokens.rejected(first.generation)
      return (yield* signed).response
    })
  }
