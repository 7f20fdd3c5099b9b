/**
 * What is known of one origin: shared by all calls to it, and forgotten when nobody has called for ten minutes.
 */
import { Clock, Context, Duration, Effect, Layer } from "effect"
import { ApiPolicy } from "../ApiPolicy.ts"
import type { ApiPolicyOptions } from "../ApiPolicy.ts"
import { Latencies } from "./Latencies.ts"
import { RetryBudget } from "./RetryBudget.ts"

/** Without a call for so long, an origin's state is dropped. */
export const idleTimeToLive = Duration.minutes(10)

/** Origins that are known at once; the one that was not used for longest goes first. */
export const maxOrigins = 64

export interface OriginState {
  /** Scheme, host and port. */
  readonly url: string
  readonly retryBudget: RetryBudget
  readonly latencies: Latencies
}

export const make = (url: string, policy: ApiPolicyOptions): OriginState => ({
  url,
  retryBudget: new RetryBudget(policy.budget),
  latencies: new Latencies(policy.hedge)
})

export class OriginStates extends Context.Tag("effect-strata/infrastructure/network/api/origin/OriginState")<
  OriginStates,
  {
    /** The state of the origin, made when there is none. `url` has no path. */
    readonly of: (url: string) => OriginState
  }
>() {}

export const layer: Layer.Layer<OriginStates, never, ApiPolicy> = Layer.effect(
  OriginStates,
  Effect.gen(function*() {
    const policy = yield* ApiPolicy
    const clock = yield* Clock.clockWith(Effect.succeed)
    // In order of last use.
    const states = new Map<string, { readonly state: OriginState; usedAt: number }>()
    return {
      of: (url) => {
        const now = Number(clock.unsafeCurrentTimeNanos()) / 1e6
        const known = states.get(url)
        states.delete(url)
        const expired = known === undefined || now - known.usedAt > Duration.toMillis(idleTimeToLive)
        const entry = { state: expired ? make(url, policy) : known.state, usedAt: now }
        states.set(url, entry)
        for (const [other, { usedAt }] of states) {
          if (states.size <= maxOrigins && now - usedAt <= Duration.toMillis(idleTimeToLive)) break
          states.delete(other)
        }
        return entry.state
      }
    }
  })
)
