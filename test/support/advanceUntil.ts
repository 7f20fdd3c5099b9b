import { Effect, Fiber, Option, TestClock } from "effect"
import type { Duration } from "effect"

/** Lets real input and output happen between two steps of virtual time. */
const nextTurn = Effect.async<void>((resume) => {
  const turn = setImmediate(() => resume(Effect.void))
  return Effect.sync(() => clearImmediate(turn))
})

/** Moves virtual time on, a step a turn of the event loop, until the fiber is done. */
export const advanceUntil = <A, E>(fiber: Fiber.RuntimeFiber<A, E>, step: Duration.DurationInput = "50 millis") =>
  Effect.gen(function*() {
    while (Option.isNone(yield* Fiber.poll(fiber))) {
      yield* nextTurn
      yield* TestClock.adjust(step)
    }
    return yield* Fiber.join(fiber)
  })
