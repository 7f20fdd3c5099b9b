/**
 * Calls to the backend as the signed-in account.
 */
import type { HttpClient } from "@effect/platform/HttpClient"
import { Context } from "effect"
import type { Effect } from "effect"
import type { RemoteFailure } from "../../../domain/network/RemoteFailure.ts"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import type { PipelineFailure, StrataClient } from "./StrataClient.ts"

export class ApiClient extends Context.Tag("effect-strata/infrastructure/network/api/ApiClient")<
  ApiClient,
  {
    /** Runs one call of the wire contract; every way it fails becomes a `RemoteFailure`. */
    readonly call: <A, E>(
      request: (client: StrataClient) => Effect.Effect<A, E>
    ) => Effect.Effect<A, RemoteFailure | SecretFailure>

    /** The same pipeline for what is not one request and one answer (streams); paths are relative to the backend. */
    readonly http: HttpClient.With<PipelineFailure>
  }
>() {}
