/**
 * The limits of one exchange, kept with one timer: which phase is going on, and which limit comes first.
 */
import { DeadlineExceeded } from "../ApiError.ts"
import type { Timer } from "./DeadlineTimer.ts"
import type { PhaseLimits } from "./Transport.ts"

/** Longest that a timer of the machine can be set to. */
const longest = 2 ** 31 - 1

export class Deadlines {
  private readonly timer: Timer
  private readonly limits: PhaseLimits
  private readonly expire: (failure: DeadlineExceeded) => void
  private phase: "connect" | "headers" | "body" = "connect"
  private readonly totalEnd: number
  private attemptEnd: number
  private phaseEnd: number
  private events = false
  private armed = Number.POSITIVE_INFINITY
  private cancel: (() => void) | undefined

  constructor(timer: Timer, limits: PhaseLimits, expire: (failure: DeadlineExceeded) => void) {
    this.timer = timer
    this.limits = limits
    this.expire = expire
    const now = timer.now()
    this.totalEnd = now + limits.total
    this.attemptEnd = now + limits.attempt
    this.phaseEnd = now + limits.connect
    this.arm(now)
  }

  /** There is a connection, and the request is being sent. */
  connected(whole: boolean): void {
    this.phase = "headers"
    if (whole) this.answerAwaited()
    else this.requestHeld()
  }

  /** The other side has the request before it, or its next piece. */
  answerAwaited(): void {
    if (this.phase === "headers") this.phaseLasts(this.limits.headers)
  }

  /** The next piece of the request is still being made: that nothing is answered is no fault of the other side. */
  requestHeld(): void {
    if (this.phase === "headers") this.phaseEnd = Number.POSITIVE_INFINITY
  }

  /** A piece arrived, or somebody waits for one. */
  bodyAwaited(): void {
    this.phase = "body"
    if (!this.events) this.phaseLasts(this.limits.bodyIdle)
  }

  /** Nobody reads: that nothing arrives is no fault of the other side. */
  bodyHeld(): void {
    this.phaseEnd = Number.POSITIVE_INFINITY
  }

  /** The answer is handed over before it is complete. */
  streamed(events: boolean): void {
    this.events = events
    this.attemptEnd = Number.POSITIVE_INFINITY
    if (events) this.stop()
  }

  /** For good. */
  stop(): void {
    this.cancel?.()
    this.cancel = undefined
    this.armed = Number.NEGATIVE_INFINITY
  }

  private phaseLasts(millis: number): void {
    const now = this.timer.now()
    this.phaseEnd = now + millis
    if (this.phaseEnd < this.armed) this.arm(now)
  }

  private get first(): number {
    return Math.min(this.phaseEnd, this.attemptEnd, this.totalEnd)
  }

  /** Limits that move to a later time leave the timer as it is; it finds that out when it fires. */
  private arm(now: number): void {
    this.cancel?.()
    this.cancel = undefined
    const { first } = this
    this.armed = first
    if (first === Number.POSITIVE_INFINITY) return
    this.cancel = this.timer.start(Math.min(Math.max(0, first - now), longest), () => this.fired())
  }

  private fired(): void {
    const now = this.timer.now()
    const { first } = this
    if (now < first) return this.arm(now)
    this.cancel = undefined
    this.expire(
      new DeadlineExceeded({
        phase: this.phase,
        scope: this.totalEnd === first ? "total" : "attempt",
        sent: this.phase === "connect" ? "no" : "maybe"
      })
    )
  }
}
