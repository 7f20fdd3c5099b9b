/**
 * How much of what is sent to an origin it accepts, and what that means for the next call: adaptive throttling as the SRE
 * book has it ("Handling Overload").
 */
import { Duration } from "effect"
import type { ApiPolicyOptions } from "../ApiPolicy.ts"
import { Buckets } from "./Buckets.ts"

const requested = 0
const accepted = 1

export class Throttle {
  private readonly k: number
  private readonly minimum: number
  private readonly counts: Buckets

  constructor({ k, minimumRequests, window }: ApiPolicyOptions["throttle"]) {
    this.k = k
    this.minimum = minimumRequests
    this.counts = new Buckets(Duration.toMillis(window), 2)
  }

  /** A call starts, or is refused here. It counts now and not when it ends: a slow backend is noticed at once. */
  request(now: number): void {
    this.counts.add(requested, now)
  }

  accept(now: number): void {
    this.counts.add(accepted, now)
  }

  /** The call was given up before the backend had its say. */
  withdraw(now: number): void {
    this.counts.add(requested, now, -1)
  }

  /** The chance with which the next call is refused here: from 0 to less than 1. */
  refusalProbability(now: number): number {
    const requests = this.counts.count(requested, now)
    if (requests < this.minimum) return 0
    return Math.max(0, (requests - this.k * this.counts.count(accepted, now)) / (requests + 1))
  }
}
