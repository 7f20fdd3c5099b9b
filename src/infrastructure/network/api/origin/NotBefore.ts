/**
 * When an origin wants to hear from us again: what one answer asked for (`Retry-After`) holds for all calls, and for the
 * realtime socket. All times are in milliseconds of the clock that never goes back.
 */
import { Duration } from "effect"

/** A backend can keep us away for no longer than this with one answer. */
export const longest = Duration.toMillis("60 seconds")

export class NotBefore {
  private at = Number.NEGATIVE_INFINITY

  /** Keeps the later of two wishes. */
  raise(until: number, now: number): void {
    this.at = Math.max(this.at, Math.min(until, now + longest))
  }

  /** The first moment at which something may be sent: `now`, or later. */
  until(now: number): number {
    return Math.max(now, this.at)
  }
}
