/**
 * Which loads failed lately, so that they are not tried again at once. In memory, and bounded.
 */
import { LRUCache } from "lru-cache"

export interface FailedLoad {
  readonly error: unknown

  /** Until then a stale value serves without trying. */
  readonly retryAt: number

  /** Until then the failure itself serves. */
  readonly givenUntil: number
  readonly throttle: number
}

export interface Failure {
  readonly error: unknown
  readonly now: number

  /** Milliseconds between the first two attempts. */
  readonly throttle: number

  /** Between 0 and 1. */
  readonly random: number

  /** For how many milliseconds the failure itself is given. */
  readonly given: number
}

export interface FailedLoads {
  readonly of: (key: string, now: number) => FailedLoad | undefined
  readonly record: (key: string, failure: Failure) => void
  readonly forget: (key: string) => void
  readonly forgetAll: () => void
}

/** Between two attempts, in milliseconds, unless the policy's own throttle is longer. */
const longest = 60_000

/** Decorrelated jitter: up to three times the time before, and never less than the first. */
const next = (before: number | undefined, { random, throttle }: Failure) =>
  before === undefined
    ? throttle
    : Math.min(Math.max(longest, throttle), throttle + random * Math.max(0, before * 3 - throttle))

/** Times are those of one monotonic clock. */
export const make = (): FailedLoads => {
  const failures = new LRUCache<string, FailedLoad>({ max: 10_000 })
  return {
    of: (key, now) => {
      const failure = failures.get(key)
      return failure !== undefined && (now < failure.retryAt || now < failure.givenUntil) ? failure : undefined
    },
    record: (key, failure) => {
      const throttle = next(failures.get(key)?.throttle, failure)
      failures.set(key, {
        error: failure.error,
        throttle,
        retryAt: failure.now + throttle,
        givenUntil: failure.now + failure.given
      })
    },
    forget: (key) => void failures.delete(key),
    forgetAll: () => failures.clear()
  }
}
