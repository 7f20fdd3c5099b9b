/**
 * How much of what is sent to an origin it accepts, and what that means for the next call: adaptive throttling as the SRE
 * book has it ("Handling Overload"). Calls count from the moment they are sent; of those that are under way, as many are
 * taken for accepted as were before them, so that a burst after a silence is no overload.
 */
import { Duration } from "effect"
import type { ApiPolicyOptions } from "../ApiPolicy.ts"
import { Buckets } from "./Buckets.ts"

const accepted = 0
const rejected = 1
const refused = 2

export class Throttle {
  private readonly k: number
  private readonly minimum: number
  private readonly counts: Buckets
  private readonly underWay: () => number

  /** `underWay`: the calls that were sent and have no end yet. */
  constructor({ k, minimumRequests, window }: ApiPolicyOptions["throttle"], underWay: () => number) {
    this.k = k
    this.minimum = minimumRequests
    this.counts = new Buckets(Duration.toMillis(window), 3)
    this.underWay = underWay
  }

  /** The backend did what was asked, or had a reason not to. */
  accept(now: number): void {
    this.counts.add(accepted, now)
  }

  /** The backend was too busy. */
  reject(now: number): void {
    this.counts.add(rejected, now)
  }

  /** A call was refused here. It counts like one that was sent. */
  refuse(now: number): void {
    this.counts.add(refused, now)
  }

  /** The chance with which the next call is refused here: from 0 to less than 1. */
  refusalProbability(now: number): number {
    const good = this.counts.count(accepted, now)
    const answered = good + this.counts.count(rejected, now)
    const known = answered + this.counts.count(refused, now)
    if (known < this.minimum || good === known) return 0
    const underWay = this.underWay()
    const requests = known + underWay
    const accepts = answered === 0 ? underWay : good + underWay * good / answered
    return Math.max(0, (requests - this.k * accepts) / (requests + 1))
  }
}
