/**
 * The signed-in session's access token as a bearer token (RFC 6750).
 */
import { Effect, Layer, Option, Redacted } from "effect"
import { Unauthenticated } from "../../../domain/network/RemoteFailure.ts"
import { AccessTokens } from "../../network/api/AccessTokens.ts"
import { PasswordSession } from "./PasswordSession.ts"

export const make = Effect.gen(function*() {
  const session = yield* PasswordSession
  return AccessTokens.of({
    credentials: () =>
      Effect.map(session.usable, ({ accessToken, generation, user }) => ({
        principal: user.id,
        headers: { authorization: Redacted.make(`Bearer ${Redacted.value(accessToken)}`) },
        generation
      })),
    rejected: (generation) =>
      Effect.gen(function*() {
        const current = yield* session.current
        if (Option.isNone(current)) return yield* new Unauthenticated()
        if (current.value.generation === generation) yield* session.refresh(generation)
      }),
    principal: Effect.map(session.current, Option.map(({ user }) => user.id))
  })
})

/** Tokens of the session that `PasswordSession` keeps. */
export const layer: Layer.Layer<AccessTokens, never, PasswordSession> = Layer.effect(AccessTokens, make)
