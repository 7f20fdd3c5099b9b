/**
 * Runs one call of the typed client so that only domain failures come out.
 */
import { Effect, ParseResult, Schema } from "effect"
import { Rejected, RemoteFailure, Unavailable } from "../../../domain/network/RemoteFailure.ts"
import { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import { parseIssues } from "../../telemetry/redaction/ParseIssues.ts"
import type { StrataClient } from "./StrataClient.ts"

/** A request that cannot be encoded is refused before it is sent. */
const unforeseen = (failure: unknown): Effect.Effect<never, Rejected | Unavailable> =>
  ParseResult.isParseError(failure)
    ? Effect.fail(new Rejected({ issues: parseIssues(failure) }))
    : Effect.zipRight(
      Effect.logWarning("A call to the backend failed in a way that its contract does not have"),
      Effect.fail(new Unavailable({}))
    )

const failing =
  <Known>(isKnown: (failure: unknown) => failure is Known) =>
  (client: StrataClient) =>
  <A, E>(request: (client: StrataClient) => Effect.Effect<A, E>): Effect.Effect<A, Known | Rejected | Unavailable> =>
    Effect.catchAll(
      request(client),
      (failure: unknown): Effect.Effect<never, Known | Rejected | Unavailable> =>
        isKnown(failure) ? Effect.fail(failure) : unforeseen(failure)
    )

/** Calls of a client that may also fail with `SecretFailure`, because it signs. */
export const signed = failing(Schema.is(Schema.Union(RemoteFailure, SecretFailure)))

export const plain = failing(Schema.is(RemoteFailure))
