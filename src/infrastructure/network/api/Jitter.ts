/**
 * Random waits, in whole milliseconds as clocks count.
 */
import { Duration, Effect, Random } from "effect"

/** `U(from, to)`. */
export const between = (
  from: Duration.DurationInput,
  to: Duration.DurationInput
): Effect.Effect<Duration.Duration> =>
  Effect.map(
    Random.nextIntBetween(Math.floor(Duration.toMillis(from)), Math.floor(Duration.toMillis(to)) + 1),
    Duration.millis
  )

/** The bound of the wait after `failures`: `min(cap, base · 2^failures)`. */
export const bound = (
  base: Duration.DurationInput,
  cap: Duration.DurationInput,
  failures: number
): Duration.Duration => Duration.min(cap, Duration.times(base, 2 ** failures))

/** Full jitter: `U(0, min(cap, base · 2^failures))`. */
export const full = (base: Duration.DurationInput, cap: Duration.DurationInput, failures: number) =>
  between(0, bound(base, cap, failures))
