/**
 * Calls to the backend without credentials: for signing in, refreshing and revoking, which must not wait for themselves.
 */
import { Context } from "effect"
import type { Effect } from "effect"
import type { RemoteFailure } from "../../../domain/network/RemoteFailure.ts"
import type { StrataClient } from "./StrataClient.ts"

export class PlainApiClient extends Context.Tag("effect-strata/infrastructure/network/api/PlainApiClient")<
  PlainApiClient,
  {
    /** Like `ApiClient.call`. A 401 is `Unauthenticated`. */
    readonly call: <A, E>(request: (client: StrataClient) => Effect.Effect<A, E>) => Effect.Effect<A, RemoteFailure>
  }
>() {}
