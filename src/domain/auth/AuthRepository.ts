/**
 * Signing in and out, and who is signed in.
 */
import { Context } from "effect"
import type { Effect, Option, Stream } from "effect"
import type { SecretFailure } from "../storage/SecretFailure.ts"
import type { AuthFailure } from "./AuthFailure.ts"
import type { LoginRequest } from "./LoginRequest.ts"
import type { Session, SessionEvent } from "./Session.ts"
import type { User } from "./User.ts"

export class AuthRepository extends Context.Tag("effect-strata/domain/auth/AuthRepository")<
  AuthRepository,
  {
    /** Replaces the current session, if any. The session is stored before this returns. Never retried by itself. */
    readonly login: (request: LoginRequest) => Effect.Effect<User, AuthFailure>

    /** Succeeds when nobody is signed in, and offline: the local session goes first, the backend is told when it can be. */
    readonly logout: Effect.Effect<void, SecretFailure>

    /** Works offline. A store that cannot be read fails; it does not mean "signed out". */
    readonly currentUser: Effect.Effect<Option.Option<User>, SecretFailure>

    readonly session: Effect.Effect<Option.Option<Session>, SecretFailure>

    /** Events from the moment of subscription; a slow subscriber loses the oldest beyond 16. */
    readonly changes: Stream.Stream<SessionEvent>
  }
>() {}
