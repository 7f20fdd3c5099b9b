/**
 * What is known of one origin: shared by all calls to it, and forgotten when nobody has called for ten minutes.
 */
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import { Clock, Context, Duration, Effect, Layer } from "effect"
import * as Catalogue from "../../../telemetry/catalogue/Http.ts"
import { ApiPolicy } from "../ApiPolicy.ts"
import type { ApiPolicyOptions } from "../ApiPolicy.ts"
import { VersionState } from "../version/VersionState.ts"
import { Breaker } from "./Breaker.ts"
import type { BreakerState } from "./Breaker.ts"
import type { Kind } from "./Kind.ts"
import { Latencies } from "./Latencies.ts"
import { NotBefore } from "./NotBefore.ts"
import { Permits } from "./Permits.ts"
import { RateLimits } from "./RateLimits.ts"
import { RetryBudget } from "./RetryBudget.ts"
import { Throttle } from "./Throttle.ts"

/** Without a call for so long, an origin's state is dropped. */
export const idleTimeToLive = Duration.minutes(10)

/** Origins that are known at once; the one that was not used for longest goes first. Those in use are not dropped. */
export const maxOrigins = 64

/**
 * What calls of one kind have for themselves. A signed call may have to wait for a plain one, which gets its credentials:
 * that one must neither wait for the signed ones nor be refused because of them.
 */
export interface Lane {
  readonly breaker: Breaker
  readonly permits: Permits
}

export interface OriginState extends Lane {
  /** Scheme, host and port. */
  readonly url: string
  /** For plain calls; the origin's own is for signed ones. */
  readonly plain: Lane
  readonly notBefore: NotBefore
  readonly throttle: Throttle
  readonly rateLimits: RateLimits
  readonly retryBudget: RetryBudget
  readonly latencies: Latencies
  /** Outlives the rest: what a backend serves does not change because nobody asks. */
  readonly versions: VersionState
}

const levels: Readonly<Record<BreakerState, number>> = { closed: 0, "half-open": 1, open: 2, isolated: 3 }

const lane = (kind: Kind, { breaker, bulkhead }: ApiPolicyOptions): Lane => ({
  breaker: new Breaker(breaker, (state) => Catalogue.breakerState.update(levels[state], { "strata.http.lane": kind })),
  permits: new Permits(bulkhead)
})

/** Whether the answer is this origin's. A redirection may have led elsewhere; what is said there says nothing about this one. */
export const answered = ({ url }: OriginState, { request }: HttpClientResponse): boolean =>
  request.url.startsWith(`${url}/`)

export const laneOf = (origin: OriginState, kind: Kind): Lane => kind === "signed" ? origin : origin.plain

export const make = (url: string, policy: ApiPolicyOptions, versions = new VersionState()): OriginState => {
  const notBefore = new NotBefore()
  const signed = lane("signed", policy)
  const plain = lane("plain", policy)
  return {
    url,
    ...signed,
    plain,
    notBefore,
    throttle: new Throttle(policy.throttle, () => signed.permits.inFlight + plain.permits.inFlight),
    rateLimits: new RateLimits(policy.rateLimit, notBefore),
    retryBudget: new RetryBudget(policy.budget),
    latencies: new Latencies(policy.hedge),
    versions
  }
}

/** Somebody holds it, or somebody decided about it by hand. */
const inUse = ({ breaker, permits, plain, rateLimits }: OriginState, now: number): boolean =>
  permits.inFlight + plain.permits.inFlight + rateLimits.waiting > 0
  || breaker.state(now) === "isolated"
  || plain.breaker.state(now) === "isolated"

export class OriginStates
  extends Context.Tag("effect-strata/infrastructure/network/api/origin/OriginState/OriginStates")<
    OriginStates,
    {
      /** The state of the origin, made when there is none. `url` has no path. */
      readonly of: (url: string) => OriginState
    }
  >()
{}

export const layer: Layer.Layer<OriginStates, never, ApiPolicy> = Layer.effect(
  OriginStates,
  Effect.gen(function*() {
    const policy = yield* ApiPolicy
    const clock = yield* Clock.clockWith(Effect.succeed)
    const timeToLive = Duration.toMillis(idleTimeToLive)
    // In order of last use.
    const states = new Map<string, { readonly state: OriginState; usedAt: number }>()
    const idle = (entry: { readonly state: OriginState; readonly usedAt: number }, now: number) =>
      now - entry.usedAt > timeToLive && !inUse(entry.state, now)
    const sweep = (now: number) => {
      let surplus = states.size - maxOrigins
      for (const [url, entry] of states) {
        if (surplus <= 0 && now - entry.usedAt <= timeToLive) break
        if (inUse(entry.state, now)) continue
        states.delete(url)
        surplus--
      }
    }
    return {
      of: (url) => {
        const now = Number(clock.unsafeCurrentTimeNanos()) / 1e6
        const known = states.get(url)
        const state = known === undefined || idle(known, now) ? make(url, policy, known?.state.versions) : known.state
        states.delete(url)
        states.set(url, { state, usedAt: now })
        sweep(now)
        return state
      }
    }
  })
)
