/**
 * How new the newest entry of a key is that this process has met: an older one that comes after it was put back.
 */
import { LRUCache } from "lru-cache"

export interface LatestSeen {
  readonly record: (key: string, generation: number, storedAt: number) => void
  readonly isOlder: (key: string, generation: number, storedAt: number) => boolean
}

/** The number may be forged, the time may not, but the clock is also set back: as far as nobody calls it a step. */
const toleranceMillis = 5000

/** `limit`: of keys; nothing is known of others. */
export const make = (limit = 10_000): LatestSeen => {
  const seen = new LRUCache<string, { readonly generation: number; readonly storedAt: number }>({ max: limit })
  return {
    // While a disk fails numbers have fractions, which it will not have kept.
    record: (key, generation, storedAt) => void seen.set(key, { generation: Math.floor(generation), storedAt }),
    isOlder: (key, generation, storedAt) => {
      const last = seen.get(key)
      return last !== undefined && (generation < last.generation || storedAt < last.storedAt - toleranceMillis)
    }
  }
}
