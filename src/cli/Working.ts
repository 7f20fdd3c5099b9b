/**
 * Work that takes long says so.
 */
import { Clock, Duration, Effect } from "effect"
import { dim, duration, note } from "./Output.ts"

/** Says `what` and for how long already, every two seconds, on standard error. Says nothing of what is done at once. */
export const telling = (what: string) => <A, E, R>(work: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.gen(function*() {
    const start = yield* Clock.currentTimeMillis
    const line = Effect.flatMap(
      Clock.currentTimeMillis,
      (now) => note(dim(`  ${what} (${duration(Duration.millis(now - start))})`))
    )
    return yield* Effect.raceFirst(work, Effect.forever(Effect.delay(line, "2 seconds")))
  })
