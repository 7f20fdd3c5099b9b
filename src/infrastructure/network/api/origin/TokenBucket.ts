/**
 * A rate of our own choosing: a bucket that holds a window's worth of requests and is filled all the time.
 */
import { Duration } from "effect"

export class TokenBucket {
  private readonly limit: number
  private readonly perMilli: number
  private tokens: number
  private filledAt = 0

  constructor({ limit, window }: { readonly limit: number; readonly window: Duration.DurationInput }) {
    this.limit = limit
    this.perMilli = limit / Duration.toMillis(window)
    this.tokens = limit
  }

  /** May leave less than nothing: who takes has asked `wait`. */
  take(): void {
    this.tokens--
  }

  giveBack(): void {
    this.tokens++
  }

  /** Milliseconds until one with `ahead` others before it may take. */
  wait(ahead: number, now: number): number {
    this.tokens = Math.min(this.limit, this.tokens + (now - this.filledAt) * this.perMilli)
    this.filledAt = now
    return Math.max(0, Math.ceil((ahead + 1 - this.tokens) / this.perMilli))
  }
}
