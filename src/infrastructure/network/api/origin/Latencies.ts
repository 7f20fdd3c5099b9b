/**
 * How long answers of one origin took lately, per endpoint: what `p95` means to a hedged call. Kept in slices of the window
 * and buckets that grow by a twentieth, so that it takes the same memory at any load.
 */
import { Duration } from "effect"
import type { ApiPolicyOptions } from "../ApiPolicy.ts"

const slices = 6
const growth = Math.log(1.05)

/** The last bucket holds everything above a minute. */
const buckets = Math.ceil(Math.log(60_000) / growth) + 1

interface Slice {
  index: number
  count: number
  readonly counts: Uint32Array
}

export class Latencies {
  private readonly slice: number
  private readonly endpoints = new Map<string, ReadonlyArray<Slice>>()

  constructor({ window }: ApiPolicyOptions["hedge"]) {
    this.slice = Duration.toMillis(window) / slices
  }

  /** `now` and `latency` in milliseconds. `endpoint` has to be one of few: a template, no path. */
  record(endpoint: string, latency: number, now: number): void {
    const index = Math.floor(now / this.slice)
    const slice = this.of(endpoint)[index % slices]
    if (slice === undefined) return
    if (slice.index !== index) {
      slice.index = index
      slice.count = 0
      slice.counts.fill(0)
    }
    const bucket = Math.min(buckets - 1, Math.ceil(Math.log(Math.max(1, latency)) / growth))
    slice.counts[bucket] = (slice.counts[bucket] ?? 0) + 1
    slice.count++
  }

  /** The time within which `share` of the answers came, at most a twentieth too long; `undefined` below `minimum` answers. */
  percentile(endpoint: string, share: number, minimum: number, now: number): number | undefined {
    const oldest = Math.floor(now / this.slice) - slices
    const fresh = this.of(endpoint).filter(({ index }) => index > oldest)
    const total = fresh.reduce((sum, { count }) => sum + count, 0)
    if (total === 0 || total < minimum) return undefined
    let left = Math.ceil(total * share)
    for (let bucket = 0; bucket < buckets; bucket++) {
      for (const { counts } of fresh) left -= counts[bucket] ?? 0
      if (left <= 0) return Math.exp(bucket * growth)
    }
    return undefined
  }

  private of(endpoint: string): ReadonlyArray<Slice> {
    const known = this.endpoints.get(endpoint)
    if (known !== undefined) return known
    const made = Array.from({ length: slices }, () => ({
      index: Number.NEGATIVE_INFINITY,
      count: 0,
      counts: new Uint32Array(buckets)
    }))
    this.endpoints.set(endpoint, made)
    return made
  }
}
