/**
 * A bounded line of waiting calls: first come, first served within a priority.
 */
import { Effect } from "effect"

export type Priority = "high" | "normal" | "low"

/** Somebody's place in the line. */
export class Place {
  readonly priority: Priority
  /** The number with which it was called; the line no longer knows it then. */
  called: number | undefined
  private wake: (() => void) | undefined

  constructor(priority: Priority) {
    this.priority = priority
  }

  /** Ends when the place is called. Whoever waits leaves the line, whatever the end of it. */
  get turn(): Effect.Effect<void> {
    return Effect.async((resume) => {
      if (this.called !== undefined) return resume(Effect.void)
      this.wake = () => resume(Effect.void)
    })
  }

  call(number: number): void {
    this.called = number
    this.wake?.()
  }
}

export class Line {
  private readonly capacity: number
  private readonly places: Readonly<Record<Priority, Array<Place>>> = { high: [], normal: [], low: [] }

  constructor(capacity: number) {
    this.capacity = capacity
  }

  get size(): number {
    const { high, low, normal } = this.places
    return high.length + normal.length + low.length
  }

  /** `undefined` when the line is full. */
  join(priority: Priority = "normal"): Place | undefined {
    if (this.size >= this.capacity) return undefined
    const place = new Place(priority)
    this.places[priority].push(place)
    return place
  }

  /** Calls the next one; `false` when nobody waits. */
  call(number = 0): boolean {
    const { high, low, normal } = this.places
    const next = high.shift() ?? normal.shift() ?? low.shift()
    if (next === undefined) return false
    next.call(number)
    return true
  }

  /** How many are called before this one. */
  before(place: Place): number {
    const { high, normal } = this.places
    const { priority } = place
    const ahead = priority === "high" ? 0 : priority === "normal" ? high.length : high.length + normal.length
    return ahead + this.places[priority].indexOf(place)
  }

  leave(place: Place): void {
    const places = this.places[place.priority]
    const index = places.indexOf(place)
    if (index >= 0) places.splice(index, 1)
  }
}
