/**
 * What the caller of an effect says about the requests made inside it.
 */
import { Effect, FiberRef, GlobalValue } from "effect"
import type { Duration } from "effect"
import type { UserId } from "../../../domain/auth/User.ts"
import type { Negotiable } from "./version/ApiVersions.ts"

export interface CallOptions {
  readonly principal?: UserId
  readonly repeatable?: boolean
  readonly idempotencyKey?: string
  readonly replayableBody?: boolean
  readonly total?: Duration.DurationInput
  readonly versions?: Negotiable
  readonly priority?: "high" | "normal" | "low"
}

/** Nothing is said. */
export const none: CallOptions = {}

/** For the pipeline, which reads it at less cost than `options` has. */
export const current = GlobalValue.globalValue(
  "effect-strata/infrastructure/network/api/CallOptions",
  () => FiberRef.unsafeMake<CallOptions>(none)
)

/** The options of requests that are made here. */
export const options: Effect.Effect<CallOptions> = FiberRef.get(current)

type Around = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

const withOptions = (more: CallOptions): Around => Effect.locallyWith(current, (known) => ({ ...known, ...more }))

/**
 * Signed calls inside the effect fail with `Unauthenticated`, before anything is sent, unless `principal` is signed in
 * at each of their attempts.
 */
export const onBehalfOf = (principal: UserId): Around => withOptions({ principal })

/**
 * The POSTs inside the effect carry their own idempotency keys, so they are sent again when an answer is lost. Methods
 * that HTTP defines as idempotent (RFC 9110, section 9.2.2) need no mark.
 */
export const repeatable: Around = withOptions({ repeatable: true })

/**
 * The one request inside the effect is sent with this `Idempotency-Key`, however often. Keep the key where it survives
 * the process until the outcome is known; a new one means a new effect at the backend.
 */
export const idempotencyKey = (key: string): Around => withOptions({ idempotencyKey: key })

/**
 * The streams that are bodies inside the effect may be run again and give the same bytes each time, as one that opens a file
 * does. Of any other stream nobody knows that, so a request is not sent again once its stream was begun.
 */
export const replayableBody: Around = withOptions({ replayableBody: true })

/** Bounds each call inside the effect; the shortest of this and what the policy and the endpoint allow counts. */
export const within = (total: Duration.DurationInput): Around => withOptions({ total })

/**
 * Requests for this resource inside the effect, written for its newest version, are sent as the version that the backend
 * serves; answers come back as the newest version has them.
 */
export const versioned = (versions: Negotiable): Around => withOptions({ versions })

/** Which of the waiting calls goes first when not all may go; `normal` when nothing is said. */
export const priority = (level: "high" | "normal" | "low"): Around => withOptions({ priority: level })

/** Requests inside the effect are not those that the caller spoke of, such as a refresh of tokens on the way. */
export const unmentioned: Around = Effect.locally(current, none)
