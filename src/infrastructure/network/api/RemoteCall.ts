/**
 * Runs one call of the typed client so that only domain failures come out.
 */
import { Effect, ParseResult, Schema } from "effect"
import { Rejected, RemoteFailure, Unavailable } from "../../../domain/network/RemoteFailure.ts"
import { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import type { StrataClient } from "./StrataClient.ts"

const isRemote = Schema.is(RemoteFailure)
const isSecret = Schema.is(SecretFailure)

/** Where values do not fit and how, never the values. */
export const issuesOf = (error: ParseResult.ParseError): ReadonlyArray<string> =>
  ParseResult.ArrayFormatter.formatErrorSync(error).slice(0, 20).map(({ _tag, path }) =>
    `${path.length === 0 ? "(root)" : path.map(String).join(".")}: ${_tag}`
  )

/** A request that cannot be encoded is refused before it is sent. */
const unforeseen = (failure: unknown): Effect.Effect<never, Rejected | Unavailable> =>
  ParseResult.isParseError(failure)
    ? Effect.fail(new Rejected({ issues: issuesOf(failure) }))
    : Effect.zipRight(
      Effect.logWarning("A call to the backend failed in a way that its contract does not have"),
      Effect.fail(new Unavailable({}))
    )

/** Calls of a client that may also fail with `SecretFailure`, because it signs. */
export const signed =
  (client: StrataClient) =>
  <A, E>(request: (client: StrataClient) => Effect.Effect<A, E>): Effect.Effect<A, RemoteFailure | SecretFailure> =>
    Effect.catchAll(
      request(client),
      (failure: unknown): Effect.Effect<never, RemoteFailure | SecretFailure> =>
        isRemote(failure) || isSecret(failure) ? Effect.fail(failure) : unforeseen(failure)
    )

export const plain =
  (client: StrataClient) =>
  <A, E>(request: (client: StrataClient) => Effect.Effect<A, E>): Effect.Effect<A, RemoteFailure> =>
    Effect.catchAll(
      request(client),
      (failure: unknown): Effect.Effect<never, RemoteFailure> =>
        isRemote(failure) ? Effect.fail(failure) : unforeseen(failure)
    )
