/**
 * How long a cached value serves, and what happens around the end of that time. Ages count from when a value was stored.
 */
import type { Duration } from "effect"

export interface CachePolicy {
  /** Fresh for this long. */
  readonly timeToLive: Duration.DurationInput

  /** Up to this much is added to `timeToLive` at random, so that entries stored together do not end together. */
  readonly jitterMax?: Duration.DurationInput

  /**
   * A part of `timeToLive` between 0 and 1: a read after it starts one load in the background. Off when absent, and
   * never by a timer.
   */
  readonly eagerRefreshThreshold?: number

  /** After `timeToLive`, for this long a read gets the stale value at once and starts one load in the background. */
  readonly staleWhileRevalidate?: Duration.DurationInput

  /**
   * Until this age a stale value serves when loading fails or takes longer than `softTimeout`. As long as
   * `timeToLive` and `staleWhileRevalidate` together when absent, so that there is no fail-safe.
   */
  readonly failSafeMaxAge?: Duration.DurationInput

  /**
   * After a failed load a stale value serves at once for this long; longer, with jitter, by each further failure, up
   * to a minute. 1 second when absent.
   */
  readonly failSafeThrottle?: Duration.DurationInput

  /** A caller that has a stale value waits for a load at most this long; the load goes on. `hardTimeout` when absent. */
  readonly softTimeout?: Duration.DurationInput

  /**
   * A caller that has nothing waits for a load at most this long, then `LoadTimeout`; the load goes on. Endless when
   * absent.
   */
  readonly hardTimeout?: Duration.DurationInput

  /**
   * What becomes of a load that nobody waits for any more. When absent it completes if there is a stale value to
   * replace or it outlasted a timeout, and is interrupted otherwise.
   */
  readonly onAbandoned?: "complete" | "interrupt"

  /**
   * `behind`: stored a few milliseconds later, with others; a crash may lose it, and this process reads it at once.
   * `through`: stored when the call returns. `behind` when absent.
   */
  readonly write?: "behind" | "through"

  /**
   * Of all processes that share the cache, one loads an entry that is missing, and the others wait for it, for
   * `hardTimeout` or 30 seconds; then they load it themselves. `refresh` does not ask. Off when absent.
   */
  readonly acrossProcesses?: boolean
}
