/**
 * How calls to the backend behave: every limit and default of the pipeline, in one place.
 */
import { Context, Layer } from "effect"
import type { Duration } from "effect"

/** What one endpoint of the backend says about itself. */
export interface EndpointPolicy {
  /** Overrides what the method says: whether the backend may see a request twice. */
  readonly idempotent?: boolean
  /** POST and PATCH carry an `Idempotency-Key`, which the backend honours: as it is, or as an RFC 9651 string. */
  readonly idempotencyKey?: "raw" | "structured"
  /** A 503 of this endpoint means that nothing was done. */
  readonly unprocessedOn503?: boolean
  /** A second request goes out when the first is late: after this long, or when 95 of 100 would have answered. */
  readonly hedge?: "p95" | Duration.DurationInput
  readonly cache?: "no-store"
  readonly total?: Duration.DurationInput
}

export interface ApiPolicyOptions {
  readonly deadlines: {
    /** One call with its queues, waits, attempts and body. */
    readonly total: Duration.DurationInput
    /** One attempt; of a streamed answer its head. */
    readonly attempt: Duration.DurationInput
    readonly connect: Duration.DurationInput
    readonly headers: Duration.DurationInput
    readonly bodyIdle: Duration.DurationInput
  }
  readonly retry: {
    readonly maxAttempts: number
    readonly base: Duration.DurationInput
    /** After 421, 425, 429, and a 503 that says when to come back. */
    readonly throttledBase: Duration.DurationInput
    readonly cap: Duration.DurationInput
    /** A backend that asks for more gets no further attempt now. */
    readonly maxRetryAfter: Duration.DurationInput
    /** `x-should-retry: true | false` of an answer decides. */
    readonly shouldRetryHeader: boolean
    /** 520 to 524 and 527 count as 502. */
    readonly gateway52x: boolean
  }
  /** What retries of one origin may cost together. */
  readonly budget: { readonly capacity: number; readonly floor: Duration.DurationInput }
  readonly hedge: {
    readonly minimumDelay: Duration.DurationInput
    readonly window: Duration.DurationInput
    readonly minimumSamples: number
    /** Of all calls that may be hedged. */
    readonly share: number
  }
  readonly bulkhead: { readonly inFlight: number; readonly queue: number }
  /** Adaptive throttling: the chance of a local refusal is (requests - k * accepts) / (requests + 1). */
  readonly throttle: { readonly k: number; readonly window: Duration.DurationInput; readonly minimumRequests: number }
  readonly breaker: {
    readonly window: Duration.DurationInput
    readonly minimumCalls: number
    readonly failureRatio: number
    readonly slow?: { readonly after: Duration.DurationInput; readonly ratio: number }
    readonly open: Duration.DurationInput
    readonly maxOpen: Duration.DurationInput
    readonly successesToClose: number
  }
  readonly rateLimit: {
    /** A token bucket of our own, beside what the backend says. */
    readonly local?: { readonly limit: number; readonly window: Duration.DurationInput }
    readonly queue: number
  }
  readonly versions: {
    /** Whether `Deprecation` and `Sunset` of answers are read; without, another version is still asked for. */
    readonly lifecycle: boolean
    /** A sunset nearer than this is an error in the log, no longer a warning. */
    readonly nearSunset: Duration.DurationInput
    /** For how long a version that stood in for a newer one is asked for first. */
    readonly remember: Duration.DurationInput
    /** For CI: an answer whose sunset is as near as this fails the call; zero means that it has passed. */
    readonly failOnSunset?: Duration.DurationInput
  }
  /** Keyed by method and path of the wire contract, such as `POST /v2/notes/mutations`. */
  readonly endpoints: Readonly<Record<string, EndpointPolicy>>
}

export const defaults: ApiPolicyOptions = {
  deadlines: {
    total: "30 seconds",
    attempt: "15 seconds",
    connect: "5 seconds",
    headers: "10 seconds",
    bodyIdle: "10 seconds"
  },
  retry: {
    maxAttempts: 4,
    base: "200 millis",
    throttledBase: "1 second",
    cap: "20 seconds",
    maxRetryAfter: "60 seconds",
    shouldRetryHeader: false,
    gateway52x: false
  },
  budget: { capacity: 100, floor: "10 seconds" },
  hedge: { minimumDelay: "50 millis", window: "60 seconds", minimumSamples: 20, share: 0.05 },
  bulkhead: { inFlight: 64, queue: 256 },
  throttle: { k: 2, window: "120 seconds", minimumRequests: 20 },
  breaker: {
    window: "30 seconds",
    minimumCalls: 10,
    failureRatio: 0.5,
    open: "5 seconds",
    maxOpen: "60 seconds",
    successesToClose: 2
  },
  rateLimit: { queue: 256 },
  versions: { lifecycle: true, nearSunset: "30 days", remember: "1 hour" },
  endpoints: {}
}

export class ApiPolicy
  extends Context.Tag("effect-strata/infrastructure/network/api/ApiPolicy")<ApiPolicy, ApiPolicyOptions>()
{}

/** The defaults, with whole sections replaced. */
export const layer = (sections: Partial<ApiPolicyOptions> = {}): Layer.Layer<ApiPolicy> =>
  Layer.succeed(ApiPolicy, { ...defaults, ...sections })
