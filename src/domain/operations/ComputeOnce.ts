/**
 * What is computed once, for all who ask.
 */
import { Effect, Fiber } from "effect"

/**
 * Gives an effect that runs `compute` when it is first asked and gives everybody what came of it. Whoever waits may be
 * interrupted, the first too; `Effect.cached` by itself would keep that interruption as the result, for ever.
 */
export const computeOnce = <A, E, R>(
  compute: Effect.Effect<A, E, R>
): Effect.Effect<Effect.Effect<A, E, R>> =>
  Effect.map(
    Effect.cached(Effect.forkDaemon(Effect.interruptible(compute))),
    (started) => Effect.flatMap(Effect.uninterruptible(started), Fiber.join)
  )
