/**
 * Credentials for the API, kept fresh by whoever knows how to sign in.
 */
import { Context } from "effect"
import type { Effect, Option, Redacted } from "effect"
import type { UserId } from "../../../domain/auth/User.ts"
import type { RemoteFailure } from "../../../domain/network/RemoteFailure.ts"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"

/** Headers to send, whom they speak for, and the generation of the tokens they carry. */
export interface Credentials {
  readonly principal: UserId
  readonly headers: Readonly<Record<string, Redacted.Redacted<string>>>
  readonly generation: number
}

export class AccessTokens extends Context.Tag("effect-strata/infrastructure/network/api/AccessTokens")<
  AccessTokens,
  {
    /** Credentials that are still good, refreshed first when they are not. `Unauthenticated` when nobody is signed in or the session is over. */
    readonly credentials: (request: {
      readonly method: string
      readonly url: string
    }) => Effect.Effect<Credentials, RemoteFailure | SecretFailure>

    /** The backend answered 401 to this generation: refresh unless a newer one exists. One refresh serves all callers. */
    readonly rejected: (generation: number) => Effect.Effect<void, RemoteFailure | SecretFailure>

    /** Who is signed in; never refreshes and works offline. */
    readonly principal: Effect.Effect<Option.Option<UserId>, SecretFailure>
  }
>() {}
