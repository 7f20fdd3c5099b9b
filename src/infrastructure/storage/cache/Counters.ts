/**
 * What the cache counts. Reads are counted in plain numbers, and told to the metrics some at a time: a metric costs more
 * than a read from memory does.
 */
import * as Telemetry from "../../telemetry/catalogue/Cache.ts"

type Read = "hit" | "stale" | "miss"

export interface Counters {
  readonly read: (result: Read) => void
  readonly load: () => void
  readonly fault: () => void
  readonly totals: () => { hits: number; stale: number; misses: number; loads: number; faults: number }

  /** Tells the metrics what they do not know yet. */
  readonly flush: () => void
}

const results: ReadonlyArray<Read> = ["hit", "stale", "miss"]

/** Reads that the metrics may be behind. */
const window = 256

export const make = (): Counters => {
  const reads = { hit: 0, stale: 0, miss: 0 }
  const told = { hit: 0, stale: 0, miss: 0 }
  let untold = 0
  let loads = 0
  let faults = 0

  const flush = () => {
    untold = 0
    for (const result of results) {
      const count = reads[result] - told[result]
      told[result] = reads[result]
      if (count > 0) Telemetry.requests.update(count, { "strata.cache.result": result })
    }
  }

  return {
    read: (result) => {
      reads[result] += 1
      untold += 1
      if (untold >= window) flush()
    },
    load: () => {
      loads += 1
    },
    fault: () => {
      faults += 1
      Telemetry.faults.update(1, {})
    },
    totals: () => ({ hits: reads.hit, stale: reads.stale, misses: reads.miss, loads, faults }),
    flush
  }
}
