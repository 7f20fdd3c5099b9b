/**
 * Notices that the clock was set back since the file was last written: entries from before that are not trusted to be
 * fresh, and whoever reads the log should know why.
 */
import { Effect } from "effect"
import * as Telemetry from "../../telemetry/catalogue/Cache.ts"

/** Processes do not read the clock and write in the same order. */
const toleranceMillis = 5000

/** Counted and said once for each step back. */
export const make = () => {
  let isNoted = false
  return (highWater: number, entries: ReadonlyArray<{ readonly storedAt: number }>): Effect.Effect<void> => {
    const isBack = entries.some(({ storedAt }) => storedAt + toleranceMillis < highWater)
    if (isBack === isNoted) return Effect.void
    isNoted = isBack
    if (!isBack) return Effect.void
    Telemetry.clockSteps.update(1, {})
    return Effect.logWarning("The clock was set back: entries of the cache from before that count as stale")
  }
}
