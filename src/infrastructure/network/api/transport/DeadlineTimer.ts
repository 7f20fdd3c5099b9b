/**
 * The timer behind the limits of an exchange. One is started per exchange, where an effect that races would cost many times
 * the exchange itself.
 */
import { Context, Duration, Effect, FiberId, Layer, Runtime } from "effect"

export interface Timer {
  /** Milliseconds of a clock that never goes back; no time of day. */
  readonly now: () => number
  /** Calls `fire` once, unless what this gives was called before. */
  readonly start: (millis: number, fire: () => void) => () => void
}

const live: Timer = {
  now: () => performance.now(),
  start: (millis, fire) => {
    // @effect-diagnostics-next-line globalTimers:off
    const handle = setTimeout(fire, millis) // a fiber that sleeps adds a quarter to what an exchange costs
    return () => clearTimeout(handle)
  }
}

/** That of the machine, unless another is provided. */
export class DeadlineTimer extends Context.Reference<DeadlineTimer>()(
  "effect-strata/infrastructure/network/api/transport/DeadlineTimer",
  { defaultValue: () => live }
) {}

/** The time of `Clock`, for tests: limits of real connections in virtual time. */
export const layerClock: Layer.Layer<DeadlineTimer> = Layer.effect(
  DeadlineTimer,
  Effect.map(Effect.zip(Effect.clock, Effect.runtime<never>()), ([clock, runtime]) => {
    const fork = Runtime.runFork(runtime)
    return {
      now: () => clock.unsafeCurrentTimeMillis(),
      start: (millis: number, fire: () => void) => {
        const fiber = fork(Effect.zipRight(clock.sleep(Duration.millis(millis)), Effect.sync(fire)))
        return () => fiber.unsafeInterruptAsFork(FiberId.none)
      }
    }
  })
)
