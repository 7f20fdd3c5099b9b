/**
 * Requests whose last answer could not be kept: nothing is looked for, and nobody waits for another's answer.
 */
import { areSame } from "./Flights.ts"
import type { Headers } from "./Flights.ts"

export interface Unkept {
  /** With other headers another answer may come, and be kept. */
  readonly has: (key: string, headers: Headers) => boolean
  readonly add: (key: string, headers: Headers) => void
  readonly remove: (key: string) => void
}

/** Keys that are remembered, each with the request that was last. */
const limit = 1000

export const make = (): Unkept => {
  const requests = new Map<string, Headers>()
  return {
    has: (key, headers) => {
      const last = requests.get(key)
      return last !== undefined && areSame(last, headers)
    },
    add: (key, headers) => {
      requests.delete(key)
      requests.set(key, headers)
      const oldest = requests.size > limit ? requests.keys().next().value : undefined
      if (oldest !== undefined) requests.delete(oldest)
    },
    remove: (key) => void requests.delete(key)
  }
}
