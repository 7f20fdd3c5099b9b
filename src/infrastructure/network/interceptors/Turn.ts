/**
 * Waiting for one's turn in a line.
 */
import { Effect } from "effect"
import type { Place } from "../api/origin/Line.ts"

/** Until the place is called. Whoever waits leaves the line, whatever the end of it. */
export const called = (place: Place): Effect.Effect<void> =>
  Effect.async((resume) => {
    if (place.called !== undefined) return resume(Effect.void)
    place.wake = () => resume(Effect.void)
  })
