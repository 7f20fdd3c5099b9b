/**
 * Sessions: sign in with a password, refresh with rotation, revoke.
 */
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import { Schema } from "effect"
import { User } from "../../../../domain/auth/User.ts"
import { RejectedProblem, TooManyRequestsProblem, UnauthorizedProblem } from "./Problem.ts"

/** Opaque tokens. `expiresIn` is the life of the access token in seconds, counted from the answer (RFC 6749, section 5.1). */
export const Tokens = Schema.Struct({
  accessToken: Schema.Redacted(Schema.String),
  refreshToken: Schema.Redacted(Schema.String),
  expiresIn: Schema.Number
})
export type Tokens = typeof Tokens.Type

export const RefreshRequest = Schema.Struct({ refreshToken: Schema.Redacted(Schema.String) })

/** `refresh` spends the refresh token; presenting a spent one ends the whole session (RFC 9700, section 4.14.2). `revoke` is idempotent (RFC 7009). */
export class SessionsApi extends HttpApiGroup.make("sessions")
  .add(
    HttpApiEndpoint.post("create", "/sessions")
      .setPayload(Schema.Struct({ username: Schema.NonEmptyString, password: Schema.Redacted(Schema.String) }))
      .addSuccess(Schema.Struct({ user: User, tokens: Tokens }), { status: 201 })
      .addError(UnauthorizedProblem)
      .addError(TooManyRequestsProblem)
  )
  .add(
    HttpApiEndpoint.post("refresh", "/sessions/refresh")
      .setPayload(RefreshRequest)
      .addSuccess(Tokens)
      .addError(UnauthorizedProblem)
  )
  .add(
    HttpApiEndpoint.post("revoke", "/sessions/revoke").setPayload(RefreshRequest).addSuccess(HttpApiSchema.NoContent)
  )
  .addError(RejectedProblem)
  .prefix("/v2")
{}
