/**
 * Marks calls that may arrive twice with the effect of once.
 */
import { Effect, FiberRef, GlobalValue } from "effect"

const current = GlobalValue.globalValue(
  "effect-strata/infrastructure/network/api/Repeatable",
  () => FiberRef.unsafeMake(false)
)

/**
 * The POSTs inside `effect` carry their own idempotency keys, so they are sent again when an answer is lost. Methods
 * that HTTP defines as idempotent (RFC 9110, section 9.2.2) need no mark.
 */
export const repeatable: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R> = Effect.locally(
  current,
  true
)

const idempotent = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"])

/** Whether a request with this method, made here, may be sent again. */
export const isRepeatable = (method: string): Effect.Effect<boolean> =>
  idempotent.has(method) ? Effect.succeed(true) : FiberRef.get(current)
