/**
 * Signing in with a username and a password at the backend.
 */
import { Effect, Layer, Option, Stream } from "effect"
import { AuthRepository } from "../../../domain/auth/AuthRepository.ts"
import { Session } from "../../../domain/auth/Session.ts"
import { PasswordSession } from "./PasswordSession.ts"

export const make = Effect.gen(function*() {
  const session = yield* PasswordSession
  return AuthRepository.of({
    login: session.login,
    logout: session.logout,
    currentUser: Effect.map(session.current, Option.map(({ user }) => user)),
    session: Effect.map(session.current, Option.map(({ startedAt, user }) => new Session({ user, startedAt }))),
    changes: Stream.fromPubSub(session.events)
  })
})

/** The session is kept in the `SecureStore`; building it reads nothing. */
export const layer: Layer.Layer<AuthRepository, never, PasswordSession> = Layer.effect(AuthRepository, make)
