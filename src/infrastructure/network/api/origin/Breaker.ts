/**
 * Whether an origin is worth asking. It opens when too many calls of a window failed, lets single probes through when its
 * time is over, and closes when enough of them succeed.
 */
import { Duration, Effect, Stream } from "effect"
import type { ApiPolicyOptions } from "../ApiPolicy.ts"
import { Buckets } from "./Buckets.ts"

/** `isolated` is opened by hand and stays so until it is closed by hand. */
export type BreakerState = "closed" | "open" | "half-open" | "isolated"

/** `ignored` says nothing about the origin: an answer of a limiter, an interruption. */
export type Verdict = "success" | "failure" | "ignored"

/** Leave to send one request; given back with what came of it, whatever that is. */
export interface Admission {
  readonly generation: number
  readonly at: number
  readonly probe: boolean
}

/** Not before `retryAfter` milliseconds. */
export interface Refusal {
  readonly halfOpen: boolean
  readonly retryAfter: number
}

/** Durations in milliseconds, so that it means the same in a later process. */
export interface BreakerSnapshot {
  readonly state: "closed" | "open" | "isolated"
  readonly trips: number
  readonly remaining: number
}

/** What to ask of somebody who comes while a probe is under way. */
const whileProbing = 1000

const calls = 0
const failures = 1
const slow = 2

export class Breaker {
  private readonly policy: ApiPolicyOptions["breaker"]
  private readonly open: number
  private readonly maxOpen: number
  private readonly slowAfter: number
  private readonly window: Buckets
  private readonly listeners = new Set<(state: BreakerState) => void>()
  private current: BreakerState = "closed"
  /** Grows with each change of state: what was admitted before a change has no say after it. */
  private generation = 0
  /** How often it opened without having stayed closed for long in between. */
  private trips = 0
  private lastOpenFor = 0
  private changedAt = Number.NEGATIVE_INFINITY
  private openUntil = 0
  private probing = false
  private probesLeft = 0

  /** `onChange` hears of each change, at once. */
  constructor(policy: ApiPolicyOptions["breaker"], onChange?: (state: BreakerState) => void) {
    if (onChange !== undefined) this.listeners.add(onChange)
    this.policy = policy
    this.open = Duration.toMillis(policy.open)
    this.maxOpen = Duration.toMillis(policy.maxOpen)
    this.slowAfter = policy.slow === undefined ? Number.POSITIVE_INFINITY : Duration.toMillis(policy.slow.after)
    this.window = new Buckets(Duration.toMillis(policy.window), 3)
  }

  /** All times in monotonic milliseconds. */
  state(now: number): BreakerState {
    return this.current === "open" && now >= this.openUntil ? "half-open" : this.current
  }

  /** An `Admission` has to come back through `settle`. */
  admit(now: number): Admission | Refusal {
    if (this.current === "open" && now >= this.openUntil) {
      this.probesLeft = this.policy.successesToClose
      this.become("half-open", now)
    }
    switch (this.current) {
      case "closed":
        return { generation: this.generation, at: now, probe: false }
      case "half-open":
        if (this.probing) return { halfOpen: true, retryAfter: whileProbing }
        this.probing = true
        return { generation: this.generation, at: now, probe: true }
      case "open":
        return { halfOpen: false, retryAfter: this.openUntil - now }
      case "isolated":
        return { halfOpen: false, retryAfter: this.maxOpen }
    }
  }

  /** `retryAfter`: what a failing answer asked for, in milliseconds. Tells whether the state changed. */
  settle({ at, generation }: Admission, verdict: Verdict, now: number, retryAfter = 0): boolean {
    if (generation !== this.generation) return false
    this.probing = false
    if (verdict === "ignored") return false
    if (this.current === "half-open") {
      if (verdict === "failure") this.trip(now, retryAfter)
      else if (--this.probesLeft <= 0) this.become("closed", now)
      return generation !== this.generation
    }
    this.window.add(calls, now)
    if (verdict === "failure") this.window.add(failures, now)
    if (now - at > this.slowAfter) this.window.add(slow, now)
    if (this.tooMany(now)) this.trip(now, retryAfter)
    return generation !== this.generation
  }

  /** Nothing is sent until `close`. */
  isolate(now: number): void {
    this.become("isolated", now)
  }

  /** Closes it whatever it knows, and forgets what it knew. */
  close(now: number): void {
    this.trips = 0
    this.become("closed", now)
  }

  snapshot(now: number): BreakerSnapshot {
    return this.current === "open" || this.current === "half-open"
      ? { state: "open", trips: this.trips, remaining: Math.max(0, this.openUntil - now) }
      : { state: this.current, trips: this.trips, remaining: 0 }
  }

  restore({ remaining, state, trips }: BreakerSnapshot, now: number): void {
    this.trips = trips
    this.lastOpenFor = this.openFor(trips)
    this.openUntil = now + Math.min(remaining, this.maxOpen)
    this.become(state, now)
  }

  /** Each change from now on; a reader that is slow misses older ones. Nothing is paid for it while nobody listens. */
  get changes(): Stream.Stream<BreakerState> {
    return Stream.asyncPush<BreakerState>((emit) =>
      Effect.acquireRelease(
        Effect.sync(() => {
          const listener = (state: BreakerState) => void emit.single(state)
          this.listeners.add(listener)
          return listener
        }),
        (listener) => Effect.sync(() => this.listeners.delete(listener))
      ), { bufferSize: 16, strategy: "sliding" })
  }

  private tooMany(now: number): boolean {
    const total = this.window.count(calls, now)
    const { failureRatio, minimumCalls, slow: limit } = this.policy
    return total >= minimumCalls
      && (this.window.count(failures, now) >= failureRatio * total
        || (limit !== undefined && this.window.count(slow, now) >= limit.ratio * total))
  }

  /** `open` doubled with each trip up to `maxOpen`. */
  private openFor(trips: number): number {
    return Math.min(this.maxOpen, this.open * 2 ** Math.max(0, trips - 1))
  }

  private trip(now: number, retryAfter: number): void {
    if (this.current === "closed" && now - this.changedAt >= this.lastOpenFor) this.trips = 0
    this.trips = Math.min(this.trips + 1, 32)
    this.lastOpenFor = Math.max(this.openFor(this.trips), Math.min(retryAfter, this.maxOpen))
    this.openUntil = now + this.lastOpenFor
    this.become("open", now)
  }

  private become(next: BreakerState, now: number): void {
    const changed = this.current !== next
    this.current = next
    this.generation++
    this.changedAt = now
    this.probing = false
    this.window.clear()
    if (changed) { for (const listener of this.listeners) listener(next) }
  }
}
