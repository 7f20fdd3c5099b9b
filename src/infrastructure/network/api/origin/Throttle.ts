/**
 * How much of what is sent to an origin it accepts, and what that means for the next call: adaptive throttling as the SRE
 * book has it ("Handling Overload"). Calls count from the moment they are sent; of those that are under way, as many are
 * taken for accepted as were before them, so that a burst after a silence is no overload.
 */
import { Duration } from "effect"
import type { ApiPolicyOptions } from "../ApiPolicy.ts"
import { Buckets } from "./Buckets.ts"

/** What became of a call: the backend did it, was too busy for it, or never had its say. */
export type Reception = "accepted" | "rejected" | "unknown"

const requested = 0
const accepted = 1
const rejected = 2

export class Throttle {
  private readonly k: number
  private readonly minimum: number
  private readonly counts: Buckets
  private underWay = 0

  constructor({ k, minimumRequests, window }: ApiPolicyOptions["throttle"]) {
    this.k = k
    this.minimum = minimumRequests
    this.counts = new Buckets(Duration.toMillis(window), 3)
  }

  /** A call is sent. It has to come back through `settle`. */
  send(now: number): void {
    this.underWay++
    this.counts.add(requested, now)
  }

  /** A call was refused here. It counts like one that was sent. */
  refuse(now: number): void {
    this.counts.add(requested, now)
  }

  settle(reception: Reception, now: number): void {
    this.underWay--
    if (reception === "unknown") this.counts.add(requested, now, -1)
    else this.counts.add(reception === "accepted" ? accepted : rejected, now)
  }

  /** The chance with which the next call is refused here: from 0 to less than 1. */
  refusalProbability(now: number): number {
    const requests = this.counts.count(requested, now)
    if (requests - this.underWay < this.minimum) return 0
    const good = this.counts.count(accepted, now)
    const answered = good + this.counts.count(rejected, now)
    const expected = answered === 0 ? this.underWay : this.underWay * good / answered
    return Math.max(0, (requests - this.k * (good + expected)) / (requests + 1))
  }
}
