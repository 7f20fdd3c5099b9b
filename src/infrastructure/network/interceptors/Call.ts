/**
 * One logical call: what its stages and its attempts share.
 */
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import type { Clock } from "effect"
import type { UserId } from "../../../domain/auth/User.ts"
import type { AttemptRecord, Outcome } from "../api/ApiError.ts"
import type { EndpointPolicy } from "../api/ApiPolicy.ts"
import type { CallOptions } from "../api/CallOptions.ts"
import type { OriginState } from "../api/origin/OriginState.ts"

/** Methods that change nothing (RFC 9110, section 9.2.1, and QUERY). */
export const safe: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "QUERY"])

/** Methods that have the effect of once however often they are sent (RFC 9110, section 9.2.2). */
const idempotent = new Set([...safe, "PUT", "DELETE"])

/** From what leaves nothing behind to what may have. */
const gravity: ReadonlyArray<Outcome> = ["not-sent", "rejected", "failed", "unknown"]

/** Records of attempts that are kept; older ones are left out. */
export const maxRecords = 8

export class Call {
  readonly method: string
  /** The path without ids, when the wire contract has it; of the version that is being asked for. */
  template: string | undefined
  readonly endpoint: EndpointPolicy
  readonly options: CallOptions
  readonly origin: OriginState
  private readonly clock: Clock.Clock
  readonly startedAt: number

  /** The request as the caller wrote it, where the stage `version` sends it as another version has it. */
  written: HttpClientRequest | undefined

  /** When the call is over, on the clock of `now`. */
  deadline = Number.POSITIVE_INFINITY

  /** Sent with every attempt, when there is one. */
  idempotencyKey: string | undefined

  /** The account that all attempts are signed for: the intended one, or that of the first attempt. */
  principal: UserId | undefined

  /** How often it went out so far, for whatever reason. */
  sends = 0

  /** Whether the backend said that it was done, and where to see it (303): what comes after it does not undo it. */
  isDone = false

  /** The gravest of what became of its attempts: a later one that was not sent does not undo one that was. */
  outcome: Outcome = "not-sent"

  /** What became of the last attempts, oldest first. */
  readonly attempts: Array<AttemptRecord> = []

  constructor(parts: {
    readonly method: string
    readonly template: string | undefined
    readonly endpoint: EndpointPolicy
    readonly options: CallOptions
    readonly origin: OriginState
    readonly clock: Clock.Clock
  }) {
    this.method = parts.method
    this.template = parts.template
    this.endpoint = parts.endpoint
    this.options = parts.options
    this.origin = parts.origin
    this.clock = parts.clock
    this.startedAt = this.now()
    this.principal = parts.options.principal
  }

  /** Milliseconds of the clock that never goes back; no time of day. */
  now(): number {
    return Number(this.clock.unsafeCurrentTimeNanos()) / 1e6
  }

  /** Milliseconds since the epoch, as dates in headers count. */
  date(): number {
    return this.clock.unsafeCurrentTimeMillis()
  }

  /** Milliseconds until the call is over, never negative. */
  remaining(): number {
    return Math.max(0, this.deadline - this.now())
  }

  /** Whether the backend may see the request twice. */
  get repeatable(): boolean {
    return this.endpoint.idempotent
      ?? (this.options.repeatable === true || this.idempotencyKey !== undefined || idempotent.has(this.method))
  }

  /** What the backend made of one attempt. */
  became(outcome: Outcome): void {
    if (gravity.indexOf(outcome) > gravity.indexOf(this.outcome)) this.outcome = outcome
  }

  /** Keeps what became of one exchange; exchanges are numbered in the order in which they are told. */
  record(attempt: Omit<AttemptRecord, "number">): void {
    const last = this.attempts.at(-1)
    if (this.attempts.length === maxRecords) this.attempts.shift()
    this.attempts.push({ number: (last?.number ?? 0) + 1, ...attempt })
  }
}
