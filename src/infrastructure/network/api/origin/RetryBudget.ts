/**
 * What repeated requests to one origin may cost together. A backend that is down gets a few of them and then only first
 * attempts; one that fails now and then is hardly limited, because every success gives back.
 */
import { Duration } from "effect"
import type { ApiPolicyOptions } from "../ApiPolicy.ts"

export class RetryBudget {
  private readonly capacity: number
  private readonly floor: number
  private left: number
  private lastTaken = Number.NEGATIVE_INFINITY

  constructor({ capacity, floor }: ApiPolicyOptions["budget"]) {
    this.capacity = capacity
    this.floor = Duration.toMillis(floor)
    this.left = capacity
  }

  /**
   * Pays for a repetition at `now` (monotonic milliseconds) and tells what was paid: nothing for the one that is let
   * through when there was none for as long as `floor`, however empty the budget is. `undefined` when it may not be.
   */
  take(cost: number, now: number): number | undefined {
    const paid = this.left >= cost ? cost : now - this.lastTaken >= this.floor ? 0 : undefined
    if (paid === undefined) return undefined
    this.left -= paid
    this.lastTaken = now
    return paid
  }

  /** A call succeeded: what its last repetition cost comes back, and 1 when there was none to pay for. */
  succeeded(paid = 0): void {
    this.left = Math.min(this.capacity, this.left + Math.max(1, paid))
  }

  /** What was paid for does not happen. */
  giveBack(paid: number): void {
    this.left = Math.min(this.capacity, this.left + paid)
  }

  get available(): number {
    return this.left
  }
}
