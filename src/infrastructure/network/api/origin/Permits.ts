/**
 * How many calls one origin has to do with at once. A permit that is let go of passes to the next in line without ever
 * being free, so that nobody who comes later takes it.
 */
import type { ApiPolicyOptions } from "../ApiPolicy.ts"
import { Line } from "./Line.ts"
import type { Place, Priority } from "./Line.ts"

export class Permits {
  private readonly limit: number
  private readonly line: Line
  private taken = 0

  constructor({ inFlight, queue }: ApiPolicyOptions["bulkhead"]) {
    this.limit = inFlight
    this.line = new Line(queue)
  }

  get inFlight(): number {
    return this.taken
  }

  get waiting(): number {
    return this.line.size
  }

  /** Every permit that was taken, or called out to a place, has to come back through `release`. */
  tryTake(): boolean {
    if (this.taken >= this.limit) return false
    this.taken++
    return true
  }

  /** `undefined` when the line is full. */
  join(priority: Priority | undefined): Place | undefined {
    return this.line.join(priority)
  }

  /** The place is given up; a permit that was called out to it goes to the next. */
  leave(place: Place): void {
    if (place.called !== undefined) this.release()
    else this.line.leave(place)
  }

  release(): void {
    if (!this.line.call()) this.taken--
  }
}
