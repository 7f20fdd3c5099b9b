/**
 * One time that a call goes out.
 */
import type { OriginState } from "../api/origin/OriginState.ts"
import type { PhaseLimits } from "../api/transport/Transport.ts"
import type { Call } from "./Call.ts"

/** Why a request goes out once more. Only `retry` and `hedge` cost budget. */
export type ResendReason = "retry" | "hedge" | "auth" | "redirect"

export class Attempt {
  readonly call: Call
  /** Absent on the first. */
  readonly reason: ResendReason | undefined
  /** How long was waited for this one, in milliseconds. */
  readonly delayBefore: number
  /** Where it goes; differs from the call's only after a redirect to another origin. */
  readonly origin: OriginState
  /** Set by the stage `attemptDeadline`. */
  limits: PhaseLimits | undefined
  /** When it went out, on the clock of `call.now()`. Set by the stage `wire`. */
  sentAt: number | undefined

  constructor(call: Call, reason?: ResendReason, delayBefore = 0, origin = call.origin) {
    this.call = call
    this.reason = reason
    this.delayBefore = delayBefore
    this.origin = origin
  }

  /** The same request once more, within this attempt's turn of the loop. */
  again(reason: ResendReason, origin = this.origin): Attempt {
    return new Attempt(this.call, reason, 0, origin)
  }
}
