/**
 * Signs requests, and once more with new credentials when the backend does not accept those it got. All attempts of a
 * call are signed for one account: what was written by one must not go out as another who signed in meanwhile.
 */
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import { Effect, Record, Redacted } from "effect"
import { Schema } from "effect"
import type { RemoteFailure } from "../../../domain/network/RemoteFailure.ts"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import { SecretFailure as SecretFailureSchema } from "../../../domain/storage/SecretFailure.ts"
import type { AccessTokens } from "../api/AccessTokens.ts"
import { AuthUnavailable, SessionExpired } from "../api/ApiError.ts"
import type { AttemptInterceptor } from "./Interceptor.ts"

/** The token is good but does not allow this (RFC 6750, section 3.1), or the body is gone: new credentials change nothing. */
const final = (request: HttpClientRequest.HttpClientRequest, response: HttpClientResponse) =>
  response.status !== 401
  || (response.headers["www-authenticate"] ?? "").includes("insufficient_scope")
  || request.body._tag === "Stream"

const isSecret = Schema.is(SecretFailureSchema)

const failed = (failure: RemoteFailure | SecretFailure) =>
  isSecret(failure)
    ? failure
    : failure._tag === "Unauthenticated"
    ? new SessionExpired()
    : new AuthUnavailable({ failure })

export const make = (tokens: typeof AccessTokens.Service): AttemptInterceptor => ({
  stage: "auth",
  around: (next) => (request, attempt) => {
    const { call } = attempt
    const signed = (turn: typeof attempt) =>
      Effect.gen(function*() {
        const { generation, headers, principal } = yield* Effect.mapError(
          tokens.credentials({ method: request.method, url: request.url }),
          failed
        )
        call.principal ??= principal
        if (call.principal !== principal) return yield* new SessionExpired()
        const response = yield* next(HttpClientRequest.setHeaders(request, Record.map(headers, Redacted.value)), turn)
        return { generation, response }
      })
    return Effect.gen(function*() {
      const first = yield* signed(attempt)
      if (final(request, first.response)) return first.response
      yield* Effect.mapError(tokens.rejected(first.generation), failed)
      return (yield* signed(attempt.again("auth"))).response
    })
  }
})
