/**
 * Time by which entries in memory grow older: the longer of what passed by the clock that can be set, and by the one
 * that cannot but stops while the machine sleeps. Neither a clock that is set back nor a sleep makes an entry younger.
 */
import type { Clock } from "effect"

export interface AgingClock {
  /** Milliseconds since some moment. Reads one clock, but for a look at both every so often. */
  readonly now: (clock: Clock.Clock) => number
}

/** For how long one clock alone is believed, in milliseconds: by so much an entry may stay young. */
const interval = 100

const monotonicOf = (clock: Clock.Clock) => Math.round(Number(clock.unsafeCurrentTimeNanos()) / 1e6)

export const make = (): AgingClock => {
  let wall = Number.NaN
  let monotonic = 0

  /** By how much the clock has been set back, all in all. */
  let lost = 0

  const compare = (clock: Clock.Clock, now: number) => {
    const before = wall
    const passed = monotonicOf(clock) - monotonic
    wall = now
    monotonic += passed
    if (!Number.isNaN(before)) lost += Math.max(0, passed - (now - before))
  }

  return {
    now: (clock) => {
      const now = clock.unsafeCurrentTimeMillis()
      if (!(now >= wall && now - wall < interval)) compare(clock, now)
      return now + lost
    }
  }
}
