/**
 * Waiting for a lease by asking again and again: nobody tells when one becomes free.
 */
import { Clock, Duration, Effect, Option } from "effect"
import * as HeldResource from "./HeldResource.ts"
import type { Grant, Lease } from "./Lease.ts"

/** Does not follow the wall clock when somebody sets it. */
export const monotonicMillis = Effect.map(Clock.currentTimeNanos, (nanos) => Number(nanos / 1_000_000n))

const longestPauseMillis = 25

const none = Option.none<Grant>()

/** Another process's write is waited for like another owner. */
export const take =
  (tryTake: typeof Lease.Service.tryTake): typeof Lease.Service.take => (name, timeToLive, deadline) => {
    const attempt = Effect.catchTag(tryTake(name, timeToLive), "Busy", () => Effect.succeed(none))
    const wait = Effect.gen(function*() {
      for (let pause = 1;; pause = Math.min(2 * pause, longestPauseMillis)) {
        yield* Effect.sleep(Duration.millis(pause))
        const taken = yield* attempt
        if (Option.isSome(taken)) return taken.value
      }
    })
    // The first attempt can wait as well, for who writes.
    return HeldResource.orWithin(
      Effect.succeed(none),
      Effect.flatMap(attempt, Option.match({ onSome: Effect.succeed, onNone: () => wait })),
      { store: "lease", operation: "take", deadline }
    )
  }
