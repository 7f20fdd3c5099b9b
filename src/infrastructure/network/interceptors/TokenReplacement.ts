/**
 * Has tokens replaced that the backend did not accept: each generation once, however many calls it was rejected to.
 */
import { Deferred, Effect, FiberId } from "effect"
import type { Duration, Scope } from "effect"
import { Unavailable } from "../../../domain/network/RemoteFailure.ts"
import type { RemoteFailure } from "../../../domain/network/RemoteFailure.ts"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import type { AccessTokens } from "../api/AccessTokens.ts"
import * as CallOptions from "../api/CallOptions.ts"

/** Replaced generations that are remembered; nobody holds on to credentials for longer than so many replacements. */
const remembered = 16

export interface TokenReplacement {
  /** Whether the generation is replaced, or about to be. */
  readonly isRejected: (generation: number) => boolean

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
    const spent = new Set<number>()

    const spend = (generation: number) =>
      Effect.sync(() => {
        spent.add(generation)
        for (const oldest of spent) {
          if (spent.size <= remembered) break
          spent.delete(oldest)
        }
      })

    const start = (generation: number) => {
      const flight = Deferred.unsafeMake<void, RemoteFailure | SecretFailure>(FiberId.none)
      flights.set(generation, flight)
      return CallOptions.unmentioned(tokens.rejected(generation)).pipe(
        Effect.timeoutFail({ duration: limit, onTimeout: () => new Unavailable({}) }),
        Effect.interruptible,
        Effect.zipRight(spend(generation)),
        Effect.ensuring(Effect.sync(() => flights.delete(generation))),
        Effect.intoDeferred(flight),
        Effect.forkIn(scope),
        Effect.as(flight)
      )
    }

    return {
      isRejected: (generation) => spent.has(generation) || flights.has(generation),
      replaced: (generation) =>
        Effect.uninterruptibleMask((restore) =>
          Effect.suspend(() => {
            if (spent.has(generation)) return Effect.void
            const running = flights.get(generation)
            return Effect.flatMap(
              running === undefined ? start(generation) : Effect.succeed(running),
              (flight) => restore(Deferred.await(flight))
            )
          })
        )
    }
  })
