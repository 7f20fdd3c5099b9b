/**
 * The typed client of the wire contract, over any HTTP pipeline.
 */
import * as HttpApiClient from "@effect/platform/HttpApiClient"
import type { HttpClient } from "@effect/platform/HttpClient"
import type { HttpClientError } from "@effect/platform/HttpClientError"
import { Effect, ParseResult } from "effect"
import type { RemoteFailure } from "../../../domain/network/RemoteFailure.ts"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import { parseIssues } from "../../telemetry/redaction/ParseIssues.ts"
import { failureOf } from "../interceptors/RemoteFailures.ts"
import * as Answered from "./Answered.ts"
import { DecodeFailure } from "./ApiError.ts"
import { StrataApi } from "./contract/StrataApi.ts"

/** What a pipeline fails with: what its own stages know in domain terms, and the transport's errors for the rest. */
export type PipelineFailure = HttpClientError | RemoteFailure | SecretFailure

const undecodable = (failure: unknown) =>
  Effect.flatMap(Answered.recall, (answered) => {
    const issues = ParseResult.isParseError(failure) ? parseIssues(failure) : ["(root): none that the contract has"]
    const error = new DecodeFailure({ status: answered?.status ?? 200, issues })
    return Effect.zipRight(
      Effect.logWarning("The backend answered something that the contract does not have").pipe(
        Effect.annotateLogs({ "strata.issues": issues.join("; ") })
      ),
      Effect.fail(failureOf(error, answered?.call ?? { repeatable: false, outcome: "unknown", isDone: false }))
    )
  })

/**
 * `httpClient` prepends the base URL itself. An answer that cannot be decoded is `Unavailable`, or `OutcomeUnknown` when
 * the request must not be repeated: it was answered, so it may have had its effect.
 */
export const make = (httpClient: HttpClient.With<PipelineFailure>) =>
  HttpApiClient.makeWith(StrataApi, {
    httpClient,
    // @effect-diagnostics-next-line anyUnknownInErrorContext:off -- the library types this hook so
    transformResponse: (response) => Effect.catchAll(response, undecodable)
  })

export type StrataClient = Effect.Effect.Success<ReturnType<typeof make>>
