/**
 * Has tokens replaced that the backend did not accept: each generation once, however many calls it was rejected to.
 */
import { Deferred, Effect, FiberId } from "effect"
import type { Duration, Scope } from "effect"
import { Unavailable } from "../../../domain/network/RemoteFailure.ts"
import type { RemoteFailure } from "../../../domain/network/RemoteFailure.ts"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import type { AccessTokens } from "./AccessTokens.ts"
import * as CallOptions from "./CallOptions.ts"

export interface TokenReplacement {
  /** Replacements so far: credentials that were asked for before the last one may be those that it replaced. */
  readonly count: () => number

  /** Whether the generation is about to be replaced. */
  readonly isUnderWay: (generation: number) => boolean

  /**
   * Waits until the generation is replaced. That belongs to the client: a caller who is interrupted or gives up does
   * not end it for the others.
   */
  readonly replaced: (generation: number) => Effect.Effect<void, RemoteFailure | SecretFailure>
}

/** A replacement that takes longer than `limit` has failed; the next call that is rejected starts another. */
export const make = (
  tokens: typeof AccessTokens.Service,
  limit: Duration.DurationInput
): Effect.Effect<TokenReplacement, never, Scope.Scope> =>
  Effect.map(Effect.scope, (scope) => {
    const flights = new Map<number, Deferred.Deferred<void, RemoteFailure | SecretFailure>>()
    let count = 0

    const start = (generation: number) => {
      const flight = Deferred.unsafeMake<void, RemoteFailure | SecretFailure>(FiberId.none)
      flights.set(generation, flight)
      return CallOptions.unmentioned(tokens.rejected(generation)).pipe(
        // One that does not let itself be interrupted is over all the same.
        Effect.disconnect,
        Effect.timeoutFail({ duration: limit, onTimeout: () => new Unavailable({}) }),
        Effect.interruptible,
        Effect.tap(() => void count++),
        Effect.ensuring(Effect.sync(() => flights.delete(generation))),
        Effect.intoDeferred(flight),
        Effect.forkIn(scope),
        Effect.as(flight)
      )
    }

    return {
      count: () => count,
      isUnderWay: (generation) => flights.has(generation),
      replaced: (generation) =>
        Effect.uninterruptibleMask((restore) =>
          Effect.suspend(() => {
            const running = flights.get(generation)
            return Effect.flatMap(
              running === undefined ? start(generation) : Effect.succeed(running),
              (flight) => restore(Deferred.await(flight))
            )
          })
        )
    }
  })
