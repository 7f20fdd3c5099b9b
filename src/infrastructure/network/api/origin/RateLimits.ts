/**
 * When the next request may go to an origin, and who waits for that: the limits that answers told, the rate of the policy,
 * and the time that the origin asked for. Times are in monotonic milliseconds.
 *
 * As long as no answer has said whether there is a limit, few are sent at once, for a second at most. Signed requests under
 * way may be waiting for a plain one, which gets their credentials: a plain one is not set against them, nor behind them in
 * line.
 */
import type { ApiPolicyOptions } from "../ApiPolicy.ts"
import type { Kind } from "./Kind.ts"
import { Line } from "./Line.ts"
import type { Place, Priority } from "./Line.ts"
import type { NotBefore } from "./NotBefore.ts"
import { Quotas } from "./Quotas.ts"
import type { Observation } from "./RateLimitHeaders.ts"
import { TokenBucket } from "./TokenBucket.ts"

/** Sent before the first answer. */
const unheard = 8
const unheardFor = 1000

/** Those that others may be waiting for come first. */
const kinds: ReadonlyArray<Kind> = ["plain", "signed"]

/** The requests of one kind that wait, and how many are counted and have no end yet. */
interface Lane {
  readonly line: Line
  underWay: number
}

/** What an answer says about limits. `retryAfter` in milliseconds, when it asks for it. */
export interface Answer {
  readonly status: number
  readonly retryAfter: number | undefined
  readonly observations: ReadonlyArray<Observation>
}

export class RateLimits {
  private readonly notBefore: NotBefore
  private readonly lanes: Readonly<Record<Kind, Lane>>
  private readonly quotas = new Quotas()
  private readonly local: TokenBucket | undefined
  /** The number of the last request. */
  private sent = 0
  /** Until then nothing is known: for ever before the first request, and no longer after an answer. */
  private unknownUntil = Number.POSITIVE_INFINITY
  private unknownSince = 0
  private limitedAt = Number.NEGATIVE_INFINITY

  constructor({ local, queue }: ApiPolicyOptions["rateLimit"], notBefore: NotBefore) {
    this.notBefore = notBefore
    this.lanes = { plain: { line: new Line(queue), underWay: 0 }, signed: { line: new Line(queue), underWay: 0 } }
    this.local = local && new TokenBucket(local)
  }

  get waiting(): number {
    return this.lanes.plain.line.size + this.lanes.signed.line.size
  }

  /** Requests that are counted and have no end yet. */
  get inFlight(): number {
    return this.lanes.plain.underWay + this.lanes.signed.underWay
  }

  /** Whether an answer said 429 within the last `millis`. */
  limitedWithin(now: number, millis: number): boolean {
    return now - this.limitedAt < millis
  }

  /** There is no limit, and nothing to count. */
  unlimited(now: number): boolean {
    return this.quotas.isEmpty
      && this.unknownUntil <= now
      && this.local === undefined
      && this.waiting === 0
      && this.notBefore.until(now) <= now
  }

  /** Sends one that is not counted; its number. */
  pass(): number {
    return ++this.sent
  }

  /** The number of a request that may go now, which has to come back through `settle`; `undefined` when it has to wait. */
  take(kind: Kind, now: number): number | undefined {
    return this.lanes[kind].line.size === 0 && this.waitBehind(kind, 0, now) <= 0 ? this.go(kind, now) : undefined
  }

  /** `undefined` when the line is full. */
  join(kind: Kind, priority: Priority | undefined): Place | undefined {
    return this.lanes[kind].line.join(priority)
  }

  /** Calls all whose turn it is; each carries the number of its request, which has to come back through `settle`. */
  pump(now: number): void {
    for (const kind of kinds) {
      const { line } = this.lanes[kind]
      while (line.size > 0 && this.waitBehind(kind, 0, now) <= 0) line.call(this.go(kind, now))
    }
  }

  /** How long this one waits from now on, as far as is known. */
  waitOf(kind: Kind, place: Place, now: number): number {
    return this.waitBehind(kind, this.lanes[kind].line.before(place), now)
  }

  /** How long whoever comes last has to wait, as far as is known. */
  waitOfNext(kind: Kind, now: number): number {
    return this.waitBehind(kind, this.lanes[kind].line.size, now)
  }

  /** Gives a place up, and with it the request that it was called for. */
  leave(kind: Kind, place: Place, now: number): void {
    const lane = this.lanes[kind]
    if (place.called === undefined) lane.line.leave(place)
    else {
      lane.underWay--
      this.local?.giveBack()
    }
    this.pump(now)
  }

  /** A counted request is over, with an answer or without. One that never went out uses nothing up. */
  settle(kind: Kind, number: number, ended: Answer | "lost" | "not sent", now: number): void {
    this.lanes[kind].underWay--
    if (ended === "not sent") this.local?.giveBack()
    else this.quotas.spend(number, ended === "lost" ? [] : ended.observations)
    if (typeof ended === "object") this.observe(number, ended, now)
    this.pump(now)
  }

  observe(number: number, { observations, retryAfter, status }: Answer, now: number): void {
    if (status === 429) this.limitedAt = now
    for (const observation of observations) {
      this.quotas.tell({ number, sent: this.sent, observation, retryAfter, refused: status === 429 }, now)
    }
    if (retryAfter !== undefined) {
      this.notBefore.raise(now + retryAfter, now)
      this.forget(now)
    } else if (number > this.unknownSince) this.unknownUntil = Number.NEGATIVE_INFINITY
  }

  /** The next that goes starts the second, unless none can go. */
  private forget(now: number): void {
    const soon = this.inFlight < unheard
    this.unknownUntil = soon ? Number.POSITIVE_INFINITY : this.notBefore.until(now) + unheardFor
    this.unknownSince = this.sent
  }

  private go(kind: Kind, now: number): number {
    this.lanes[kind].underWay++
    this.local?.take()
    if (this.unknownUntil === Number.POSITIVE_INFINITY) this.unknownUntil = now + unheardFor
    return ++this.sent
  }

  /** The wait of one with `ahead` others before it: the longest that anything here asks for. */
  private waitBehind(kind: Kind, ahead: number, now: number): number {
    if (this.quotas.renew(now, this.sent)) this.forget(now)
    const underWay = kind === "plain" ? this.lanes.plain.underWay : this.inFlight
    const slow = this.unknownUntil > now && underWay + ahead >= unheard
    return Math.max(
      this.notBefore.until(now) - now,
      this.quotas.wait(ahead, underWay, now),
      this.local?.wait(ahead, now) ?? 0,
      slow ? Math.min(this.unknownUntil, now + unheardFor) - now : 0
    )
  }
}
