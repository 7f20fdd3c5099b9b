/**
 * When URLs changed at the backend, as far as this process did it: an answer that was asked for before is not kept.
 */

/** URLs that are remembered; beyond, everything that was asked for before the oldest of them counts as outdated. */
const limit = 1000

export interface Invalidations {
  /** Taken before a request goes out. */
  readonly now: () => number
  readonly add: (key: string) => void
  readonly isOutdated: (key: string, askedAt: number) => boolean
}

export const make = (): Invalidations => {
  let count = 0
  let forgotten = 0
  const changes = new Map<string, number>()
  return {
    now: () => count,
    add: (key) => {
      changes.delete(key)
      changes.set(key, ++count)
      const oldest = changes.size > limit ? changes.entries().next().value : undefined
      if (oldest === undefined) return
      changes.delete(oldest[0])
      forgotten = oldest[1]
    },
    isOutdated: (key, askedAt) => askedAt < forgotten || askedAt < (changes.get(key) ?? 0)
  }
}
