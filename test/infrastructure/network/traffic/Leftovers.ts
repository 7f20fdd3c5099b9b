/**
 * What a process holds: to compare before and after.
 */
import { Effect, Fiber } from "effect"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"

const megabyte = 1024 * 1024

export type Held = Readonly<Record<string, number>>

/** Handles and requests that keep the process, by kind, listeners of the process, and fibers. */
export const held: Effect.Effect<Held> = Effect.map(Fiber.roots, ({ length: fibers }) => {
  const counts: Record<string, number> = { fibers }
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1
  counts["listeners"] = process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0)
  return counts
})

/** Of what there is more than before, how much. What the runner itself had under way may be over. */
export const more = (before: Held) => (after: Held): Held =>
  Object.fromEntries(
    Object.entries(after).map(([kind, count]) => [kind, count - (before[kind] ?? 0)] as const).filter(([, count]) =>
      count > 0
    )
  )

setFlagsFromString("--expose-gc")
const collect: () => void = runInNewContext("gc")

export interface Sample {
  /** Seconds since the first. */
  readonly at: number
  /** In megabytes, after the garbage was collected. */
  readonly resident: number
  readonly live: number
}

export const sample = (at: number): Sample => {
  collect()
  const { arrayBuffers, heapUsed, rss } = process.memoryUsage()
  return { at, resident: rss / megabyte, live: (heapUsed + arrayBuffers) / megabyte }
}

const mean = (values: ReadonlyArray<number>) => values.reduce((sum, value) => sum + value, 0) / values.length

/** Megabytes per minute, by least squares. */
export const slope = (samples: ReadonlyArray<Sample>, of: "resident" | "live"): number => {
  const atMean = mean(samples.map(({ at }) => at))
  const ofMean = mean(samples.map((each) => each[of]))
  const over = samples.reduce((sum, each) => sum + (each.at - atMean) * (each[of] - ofMean), 0)
  return 60 * over / samples.reduce((sum, { at }) => sum + (at - atMean) ** 2, 0)
}
