/**
 * A clock that goes on by itself: when nothing is left to do, it is the time of the earliest sleeper. Hours of many fibers
 * take as long as their work, and it knows who still sleeps.
 */
import { Clock, Duration, Effect } from "effect"

interface Sleeper {
  readonly at: number
  readonly wake: () => void
}

export class EventClock implements Clock.Clock {
  readonly [Clock.ClockTypeId]: Clock.ClockTypeId = Clock.ClockTypeId
  private readonly origin = Date.UTC(2026, 0, 1)
  private now = this.origin
  private readonly sleepers = new Set<Sleeper>()
  private pumping = false

  unsafeCurrentTimeMillis() {
    return this.now
  }

  unsafeCurrentTimeNanos() {
    return BigInt(Math.round((this.now - this.origin) * 1e6))
  }

  get currentTimeMillis() {
    return Effect.sync(() => this.now)
  }

  get currentTimeNanos() {
    return Effect.sync(() => this.unsafeCurrentTimeNanos())
  }

  /** Timers that have neither gone off nor been cleared. */
  get timers() {
    return this.sleepers.size
  }

  sleep(duration: Duration.Duration): Effect.Effect<void> {
    return Effect.async<void>((resume) => {
      const millis = Duration.toMillis(duration)
      if (!Number.isFinite(millis)) return
      const sleeper = { at: this.now + Math.max(0, millis), wake: () => resume(Effect.void) }
      this.sleepers.add(sleeper)
      this.pump()
      return Effect.sync(() => void this.sleepers.delete(sleeper))
    })
  }

  private pump() {
    if (this.pumping) return
    this.pumping = true
    setImmediate(() => {
      this.pumping = false
      let next: Sleeper | undefined
      for (const each of this.sleepers) if (next === undefined || each.at < next.at) next = each
      if (next === undefined) return
      this.sleepers.delete(next)
      this.now = next.at
      next.wake()
      this.pump()
    })
  }
}
