/**
 * The typed client of the wire contract, over any HTTP pipeline.
 */
import * as HttpApiClient from "@effect/platform/HttpApiClient"
import type { HttpClient } from "@effect/platform/HttpClient"
import type { HttpClientError } from "@effect/platform/HttpClientError"
import type { Effect } from "effect"
import type { RemoteFailure } from "../../../domain/network/RemoteFailure.ts"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import { StrataApi } from "./contract/StrataApi.ts"

/** What a pipeline fails with: what its own stages know in domain terms, and the transport's errors for the rest. */
export type PipelineFailure = HttpClientError | RemoteFailure | SecretFailure

/** `httpClient` prepends the base URL itself. */
export const make = (httpClient: HttpClient.With<PipelineFailure>) => HttpApiClient.makeWith(StrataApi, { httpClient })

export type StrataClient = Effect.Effect.Success<ReturnType<typeof make>>
