/**
 * What the answers of an origin tell of its limits, and how much of each is left. A server counts requests that nobody here
 * has heard of yet, so what it says remains is reduced by what was sent since. Times are in monotonic milliseconds.
 */
import { Duration } from "effect"
import type { Observation } from "./RateLimitHeaders.ts"

/** A limit holds no longer than this without being heard of again, whatever the header says. */
const longestReset = Duration.toMillis("1 hour")

/** Limits of one origin that are kept; the oldest goes first. */
const maxQuotas = 8

interface Quota {
  left: number
  resetAt: number
  readonly limit: number | undefined
  readonly window: number | undefined
  /** The last request sent when `left` was told: one that was sent later and is told more is in another window. */
  toldAt: number
  /** Requests up to this one belong to a window that is over. */
  renewedAt: number
}

/** What one answer says of one limit. */
interface Told {
  /** The number of the request that was answered. */
  readonly number: number
  /** The number of the last request that was sent. */
  readonly sent: number
  readonly observation: Observation
  /** Milliseconds; counts instead of the observation's own reset. */
  readonly retryAfter: number | undefined
  /** Whether the answer refused its request: it speaks of now, whenever that was sent. */
  readonly refused: boolean
}

export class Quotas {
  private readonly quotas = new Map<string, Quota>()

  get isEmpty(): boolean {
    return this.quotas.size === 0
  }

  tell({ number, observation, refused, retryAfter, sent }: Told, now: number): void {
    const { limit, name, remaining, reset, window } = observation
    const known = this.quotas.get(name)
    if (known !== undefined && number <= known.renewedAt && !refused) return
    const sameWindow = known !== undefined && (number <= known.toldAt || remaining < known.left)
    if (sameWindow && remaining > known.left) return
    if (known === undefined && this.quotas.size >= maxQuotas) {
      for (const [oldest] of this.quotas) {
        this.quotas.delete(oldest)
        break
      }
    }
    this.quotas.set(name, {
      left: remaining,
      resetAt: now + Math.min(retryAfter ?? reset, longestReset),
      limit,
      window: window ?? known?.window,
      toldAt: sent,
      renewedAt: known?.renewedAt ?? 0
    })
  }

  /** Takes a request that is over off the limits that its answer says nothing about. */
  spend(number: number, observations: ReadonlyArray<Observation>): void {
    for (const [name, each] of this.quotas) {
      if (each.renewedAt < number && !observations.some((observation) => observation.name === name)) each.left--
    }
  }

  /** Starts windows that are over again, where it is known how large they are; whether any other limit is forgotten. */
  renew(now: number, sent: number): boolean {
    let forgotten = false
    for (const [name, each] of this.quotas) {
      if (now < each.resetAt) continue
      if (each.limit === undefined || each.window === undefined) {
        this.quotas.delete(name)
        forgotten = true
      } else {
        each.left = each.limit
        each.resetAt = now + each.window
        each.toldAt = sent
        each.renewedAt = sent
      }
    }
    return forgotten
  }

  /** How long one with `ahead` others before it has to wait while `underWay` have no end: for the strictest limit. */
  wait(ahead: number, underWay: number, now: number): number {
    let wait = 0
    for (const { left, limit, resetAt, window } of this.quotas.values()) {
      const short = ahead + 1 - Math.max(0, left - underWay)
      if (short <= 0) continue
      const more = limit === undefined || window === undefined ? 0 : Math.floor((short - 1) / limit) * window
      wait = Math.max(wait, resetAt - now + more)
    }
    return wait
  }
}
