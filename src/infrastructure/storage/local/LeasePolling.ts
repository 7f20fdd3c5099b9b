/**
 * Waiting for a lease by asking again and again: nobody tells when one becomes free.
 */
import { Clock, Duration, Effect, Option } from "effect"
import { Busy } from "../../../domain/storage/StorageFailure.ts"
import type { Lease } from "./Lease.ts"

/** Does not follow the wall clock when somebody sets it. */
export const monotonicMillis = Effect.map(Clock.currentTimeNanos, (nanos) => Number(nanos / 1_000_000n))

const longestPauseMillis = 25

/** Another process's write is waited for like another owner. */
export const take =
  (tryTake: typeof Lease.Service.tryTake): typeof Lease.Service.take => (name, timeToLive, deadline) =>
    Effect.gen(function*() {
      const end = (yield* monotonicMillis) + Duration.toMillis(deadline)
      for (let pause = 1;; pause = Math.min(2 * pause, longestPauseMillis)) {
        const taken = yield* Effect.catchTag(tryTake(name, timeToLive), "Busy", () => Effect.succeedNone)
        if (Option.isSome(taken)) return taken.value
        const left = end - (yield* monotonicMillis)
        if (left <= 0) return yield* new Busy({ store: "lease", operation: "take" })
        yield* Effect.sleep(Duration.millis(Math.min(pause, Math.ceil(left))))
      }
    })
