/**
 * What an origin lets us send, as far as its answers tell, and who waits for it. Times are in monotonic milliseconds.
 *
 * A server counts requests that we have not heard of yet: what it says remains is reduced by all that are under way. As long
 * as no answer has said whether there is a limit, few are sent at once, for a second at most. Signed requests under way may
 * be waiting for a plain one, which gets their credentials: a plain one is not set against them, nor behind them in line.
 */
import { Duration } from "effect"
import type { ApiPolicyOptions } from "../ApiPolicy.ts"
import type { Kind } from "./Kind.ts"
import { Line } from "./Line.ts"
import type { Place, Priority } from "./Line.ts"
import type { NotBefore } from "./NotBefore.ts"
import type { Observation } from "./RateLimitHeaders.ts"

/** Sent before the first answer. */
export const unheard = 8
const unheardFor = 1000

/** A limit holds no longer than this without being heard of again, whatever the header says. */
export const longestReset = Duration.toMillis("1 hour")

/** Limits of one origin that are kept. */
export const maxLimits = 8

/** Those that others may be waiting for come first. */
const kinds: ReadonlyArray<Kind> = ["plain", "signed"]

interface Limit {
  left: number
  resetAt: number
  readonly limit: number | undefined
  readonly window: number | undefined
  /** The last request sent when `left` was told: one that was sent later and is told more is in another window. */
  toldAt: number
  /** Requests up to this one belong to a window that is over. */
  renewedAt: number
}

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
  private readonly local: { readonly limit: number; readonly perMilli: number } | undefined
  private readonly limits = new Map<string, Limit>()
  private tokens: number
  private filledAt = 0
  /** The number of the last request. */
  private sent = 0
  /** Until then nothing is known: for ever before the first request, and no longer after an answer. */
  private unknownUntil = Number.POSITIVE_INFINITY
  private unknownSince = 0
  private limitedAt = Number.NEGATIVE_INFINITY

  constructor({ local, queue }: ApiPolicyOptions["rateLimit"], notBefore: NotBefore) {
    this.notBefore = notBefore
    this.lanes = { plain: { line: new Line(queue), underWay: 0 }, signed: { line: new Line(queue), underWay: 0 } }
    this.local = local && { limit: local.limit, perMilli: local.limit / Duration.toMillis(local.window) }
    this.tokens = local?.limit ?? 0
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
    return this.limits.size === 0
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
      this.tokens++
    }
    this.pump(now)
  }

  /** A counted request is over, with an answer or without. One that never went out uses nothing up. */
  settle(kind: Kind, number: number, ended: Answer | "lost" | "not sent", now: number): void {
    this.lanes[kind].underWay--
    if (ended === "not sent") this.tokens++
    else this.spend(number, ended)
    if (typeof ended === "object") this.observe(number, ended, now)
    this.pump(now)
  }

  observe(number: number, { observations, retryAfter, status }: Answer, now: number): void {
    if (status === 429) this.limitedAt = now
    for (const observation of observations) this.tell(number, observation, retryAfter, status === 429, now)
    if (retryAfter !== undefined) {
      this.notBefore.raise(now + retryAfter, now)
      this.forget(now)
    } else if (number > this.unknownSince) this.unknownUntil = Number.NEGATIVE_INFINITY
  }

  /** Takes it off the limits that the answer says nothing about. */
  private spend(number: number, ended: Answer | "lost"): void {
    const told = (name: string) =>
      ended !== "lost" && ended.observations.some((observation) => observation.name === name)
    for (const [name, each] of this.limits) {
      if (each.renewedAt < number && !told(name)) each.left--
    }
  }

  /** The next that goes starts the second, unless none can go. */
  private forget(now: number): void {
    const soon = this.inFlight < unheard
    this.unknownUntil = soon ? Number.POSITIVE_INFINITY : this.notBefore.until(now) + unheardFor
    this.unknownSince = this.sent
  }

  private go(kind: Kind, now: number): number {
    this.lanes[kind].underWay++
    this.tokens--
    if (this.unknownUntil === Number.POSITIVE_INFINITY) this.unknownUntil = now + unheardFor
    return ++this.sent
  }

  private tell(
    number: number,
    { limit, name, remaining, reset, window }: Observation,
    retryAfter: number | undefined,
    refused: boolean,
    now: number
  ): void {
    const known = this.limits.get(name)
    if (known !== undefined && number <= known.renewedAt && !refused) return
    const sameWindow = known !== undefined && (number <= known.toldAt || remaining < known.left)
    if (sameWindow && remaining > known.left) return
    if (known === undefined && this.limits.size >= maxLimits) {
      for (const [oldest] of this.limits) {
        this.limits.delete(oldest)
        break
      }
    }
    this.limits.set(name, {
      left: remaining,
      resetAt: now + Math.min(retryAfter ?? reset, longestReset),
      limit,
      window: window ?? known?.window,
      toldAt: this.sent,
      renewedAt: known?.renewedAt ?? 0
    })
  }

  /** A window that is over starts again, when it is known how large it is. */
  private renew(now: number): void {
    for (const [name, each] of this.limits) {
      if (now < each.resetAt) continue
      if (each.limit === undefined || each.window === undefined) {
        this.limits.delete(name)
        this.forget(now)
      } else {
        each.left = each.limit
        each.resetAt = now + each.window
        each.toldAt = this.sent
        each.renewedAt = this.sent
      }
    }
    if (this.local !== undefined) {
      this.tokens = Math.min(this.local.limit, this.tokens + (now - this.filledAt) * this.local.perMilli)
      this.filledAt = now
    }
  }

  /** The wait of one with `ahead` others before it: the longest that anything here asks for. */
  private waitBehind(kind: Kind, ahead: number, now: number): number {
    this.renew(now)
    const underWay = kind === "plain" ? this.lanes.plain.underWay : this.inFlight
    let wait = this.notBefore.until(now) - now
    for (const { left, limit, resetAt, window } of this.limits.values()) {
      const short = ahead + 1 - Math.max(0, left - underWay)
      if (short <= 0) continue
      const more = limit === undefined || window === undefined ? 0 : Math.floor((short - 1) / limit) * window
      wait = Math.max(wait, resetAt - now + more)
    }
    if (this.local !== undefined) wait = Math.max(wait, Math.ceil((ahead + 1 - this.tokens) / this.local.perMilli))
    if (this.unknownUntil > now && underWay + ahead >= unheard) {
      wait = Math.max(wait, Math.min(this.unknownUntil, now + unheardFor) - now)
    }
    return wait
  }
}
