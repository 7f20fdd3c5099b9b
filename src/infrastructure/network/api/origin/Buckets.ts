/**
 * Counts of the recent past in a ring of buckets, the oldest of which is dropped as a whole: nothing is kept per event.
 */
const buckets = 10

export class Buckets {
  private readonly width: number
  private readonly fields: number
  private readonly totals: Float64Array
  private readonly ring: Float64Array
  /** Number of the newest bucket since the start of the clock. */
  private newest = Number.NEGATIVE_INFINITY

  /** Counts `fields` different things, named by their index. */
  constructor(windowMillis: number, fields: number) {
    this.width = windowMillis / buckets
    this.fields = fields
    this.totals = new Float64Array(fields)
    this.ring = new Float64Array(buckets * fields)
  }

  add(field: number, now: number, amount = 1): void {
    this.forward(now)
    const index = (this.newest % buckets) * this.fields + field
    this.ring[index] = (this.ring[index] ?? 0) + amount
    this.totals[field] = (this.totals[field] ?? 0) + amount
  }

  /** What was counted within the window that ends now. */
  count(field: number, now: number): number {
    this.forward(now)
    return this.totals[field] ?? 0
  }

  clear(): void {
    this.newest = Number.NEGATIVE_INFINITY
    this.totals.fill(0)
    this.ring.fill(0)
  }

  private forward(now: number): void {
    const current = Math.floor(now / this.width)
    if (current <= this.newest) return
    const stale = Math.min(buckets, current - this.newest)
    for (let age = 0; age < stale; age++) {
      const start = ((current - age) % buckets) * this.fields
      for (let field = 0; field < this.fields; field++) {
        this.totals[field] = (this.totals[field] ?? 0) - (this.ring[start + field] ?? 0)
        this.ring[start + field] = 0
      }
    }
    this.newest = current
  }
}
