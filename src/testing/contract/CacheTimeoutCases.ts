/**
 * The part of `Cache`'s contract that is about loads that take too long.
 */
import { Deferred, Effect, Fiber, TestClock } from "effect"
import { Cache, LoadTimeout } from "../../domain/storage/Cache.ts"
import { contractCase, ensure } from "../Contract.ts"
import type { Contract } from "../Contract.ts"
import { fallback, settle, slowLoad, textsWith, was } from "./CacheSubject.ts"

const impatient = textsWith({ ...fallback, softTimeout: "1 second", hardTimeout: "3 seconds" })

const isTimeout = (error: unknown, millis: number) =>
  ensure(
    error instanceof LoadTimeout && error.millis === millis && error.region === impatient.name,
    "it is no timeout"
  )

export const cases: Contract<Cache>["cases"] = [
  contractCase(
    "who has a stale value waits for a load so long, and the load goes on",
    Effect.gen(function*() {
      const cache = yield* Cache
      const slow = yield* slowLoad
      yield* cache.set(impatient, "a", "1")
      yield* TestClock.adjust("10 seconds")
      const waiting = yield* Effect.fork(cache.getOrLoad(impatient, "a", slow.load))
      yield* slow.began
      yield* settle
      yield* TestClock.adjust("1 second")
      const result = yield* Fiber.join(waiting)
      yield* was(result, "1", { origin: "cache", state: "failSafe", millis: 11_000 })
      yield* isTimeout(result.error, 1000)
      const next = yield* cache.getOrLoad(impatient, "a", slow.load)
      yield* was(next, "1", { origin: "cache", state: "failSafe", millis: 11_000 })
      yield* Deferred.succeed(slow.result, "2")
      yield* settle
      yield* was(yield* cache.getOrLoad(impatient, "a", slow.load), "2", { origin: "cache" })
      yield* slow.ran(1)
    }),
    ["TestClock"]
  ),
  contractCase(
    "who has nothing waits longer, then fails, and the load goes on",
    Effect.gen(function*() {
      const cache = yield* Cache
      const slow = yield* slowLoad
      const waiting = yield* Effect.fork(Effect.flip(cache.getOrLoad(impatient, "a", slow.load)))
      yield* slow.began
      yield* settle
      yield* TestClock.adjust("3 seconds")
      yield* isTimeout(yield* Fiber.join(waiting), 3000)
      yield* Deferred.succeed(slow.result, "1")
      yield* settle
      yield* was(yield* cache.getOrLoad(impatient, "a", slow.load), "1", { origin: "cache" })
      yield* slow.ran(1)
    }),
    ["TestClock"]
  ),
  contractCase(
    "a load that is not to be completed ends with the patience of the last who waits",
    Effect.gen(function*() {
      const cache = yield* Cache
      const slow = yield* slowLoad
      const strict = textsWith({ hardTimeout: "3 seconds", onAbandoned: "interrupt" })
      const waiting = yield* Effect.fork(Effect.flip(cache.getOrLoad(strict, "a", slow.load)))
      yield* slow.began
      yield* settle
      yield* TestClock.adjust("3 seconds")
      yield* isTimeout(yield* Fiber.join(waiting), 3000)
      yield* ensure(yield* slow.interrupted, "it goes on")
    }),
    ["TestClock"]
  ),
  contractCase(
    "what was removed while a load took too long is not served instead",
    Effect.gen(function*() {
      const cache = yield* Cache
      const slow = yield* slowLoad
      yield* cache.set(impatient, "a", "1")
      yield* TestClock.adjust("10 seconds")
      const waiting = yield* Effect.fork(Effect.flip(cache.getOrLoad(impatient, "a", slow.load)))
      yield* slow.began
      yield* cache.remove(impatient, "a")
      yield* settle
      yield* TestClock.adjust("1 second")
      yield* settle
      yield* TestClock.adjust("2 seconds")
      yield* ensure((yield* Fiber.join(waiting)) instanceof LoadTimeout, "it is no timeout")
    }),
    ["TestClock"]
  )
]
