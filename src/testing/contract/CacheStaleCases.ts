/**
 * The part of `Cache`'s contract that is about what is past its time to live.
 */
import { Deferred, Effect, Fiber, TestClock } from "effect"
import { Cache } from "../../domain/storage/Cache.ts"
import { contractCase, ensure } from "../Contract.ts"
import type { Contract } from "../Contract.ts"
import { counted, fallback, holds, settle, slowLoad, texts, textsWith, was } from "./CacheSubject.ts"

const withFallback = textsWith(fallback)

const revalidated = textsWith({ timeToLive: "10 seconds", staleWhileRevalidate: "10 seconds" })

const eager = textsWith({ timeToLive: "10 seconds", eagerRefreshThreshold: 0.5 })

export const cases: Contract<Cache>["cases"] = [
  contractCase(
    "a value to be revalidated is served at once while one load replaces it",
    Effect.gen(function*() {
      const cache = yield* Cache
      const slow = yield* slowLoad
      yield* cache.set(revalidated, "a", "1")
      yield* TestClock.adjust("10 seconds")
      const old = { origin: "cache", state: "stale", millis: 10_000 } as const
      yield* was(yield* cache.getOrLoad(revalidated, "a", slow.load), "1", old)
      yield* slow.began
      yield* was(yield* cache.getOrLoad(revalidated, "a", slow.load), "1", old)
      yield* Deferred.succeed(slow.result, "2")
      yield* settle
      yield* was(yield* cache.getOrLoad(revalidated, "a", slow.load), "2", { origin: "cache" })
      yield* slow.ran(1)
    }),
    ["TestClock"]
  ),
  contractCase(
    "when the time for revalidating is over the value is loaded, and is not served",
    Effect.gen(function*() {
      const cache = yield* Cache
      yield* cache.set(revalidated, "a", "1")
      yield* TestClock.adjust("19999 millis")
      yield* holds("a", "1", revalidated)
      yield* TestClock.adjust("1 millis")
      yield* holds("a", undefined, revalidated)
      yield* was(yield* cache.getOrLoad(revalidated, "a", Effect.succeed("2")), "2", { origin: "source" })
    }),
    ["TestClock"]
  ),
  contractCase(
    "a value that is soon to end is loaded again by a read, once, and never by time alone",
    Effect.gen(function*() {
      const cache = yield* Cache
      const slow = yield* slowLoad
      yield* cache.set(eager, "a", "1")
      yield* TestClock.adjust("4999 millis")
      yield* was(yield* cache.getOrLoad(eager, "a", slow.load), "1", { origin: "cache", millis: 4999 })
      yield* TestClock.adjust("1 millis")
      yield* settle
      yield* slow.ran(0)
      for (let index = 0; index < 3; index += 1) {
        yield* was(yield* cache.getOrLoad(eager, "a", slow.load), "1", { origin: "cache", millis: 5000 })
        yield* settle
      }
      yield* slow.ran(1)
      yield* Deferred.succeed(slow.result, "2")
      yield* settle
      yield* was(yield* cache.getOrLoad(eager, "a", slow.load), "2", { origin: "cache" })
    }),
    ["TestClock"]
  ),
  contractCase(
    "a background load that fails is tried again after a while, and the value served until its end",
    Effect.gen(function*() {
      const cache = yield* Cache
      const runs = yield* counted
      const load = Effect.zipRight(runs.load, Effect.fail("no"))
      yield* cache.set(revalidated, "a", "1")
      yield* TestClock.adjust("10 seconds")
      yield* was(yield* cache.getOrLoad(revalidated, "a", load), "1", {
        origin: "cache",
        state: "stale",
        millis: 10_000
      })
      yield* settle
      const old = { origin: "cache", state: "failSafe", millis: 10_000 } as const
      yield* was(yield* cache.getOrLoad(revalidated, "a", load), "1", old)
      yield* runs.ran(1)
      yield* TestClock.adjust("1 second")
      yield* cache.getOrLoad(revalidated, "a", load)
      yield* settle
      yield* runs.ran(2)
    }),
    ["TestClock"]
  ),
  contractCase(
    "a stale value serves when loading fails, with the failure, until its last age",
    Effect.gen(function*() {
      const cache = yield* Cache
      yield* cache.set(withFallback, "a", "1")
      yield* TestClock.adjust("3599 seconds")
      const result = yield* cache.getOrLoad(withFallback, "a", Effect.fail("no"))
      yield* was(result, "1", { origin: "cache", state: "failSafe", millis: 3_599_000 })
      yield* ensure(result.error === "no", "the failure is another")
      yield* TestClock.adjust("1 second")
      yield* ensure((yield* Effect.flip(cache.getOrLoad(withFallback, "a", Effect.fail("no")))) === "no", "it serves")
    }),
    ["TestClock"]
  ),
  contractCase(
    "after a failure the stale value serves at once for a while; a success ends that",
    Effect.gen(function*() {
      const cache = yield* Cache
      const runs = yield* counted
      const load = Effect.zipRight(runs.load, Effect.fail("no"))
      const ask = cache.getOrLoad(withFallback, "a", load)
      yield* cache.set(withFallback, "a", "1")
      yield* TestClock.adjust("10 seconds")
      yield* Effect.all([ask, ask, ask])
      yield* runs.ran(1)
      yield* TestClock.adjust("999 millis")
      yield* was(yield* ask, "1", { origin: "cache", state: "failSafe", millis: 10_999 })
      yield* runs.ran(1)
      yield* TestClock.adjust("1 millis")
      yield* ask
      yield* runs.ran(2)
      yield* TestClock.adjust("1 minute")
      const fresh = yield* cache.getOrLoad(withFallback, "a", Effect.succeed("2"))
      yield* was(fresh, "2", { origin: "source" })
      yield* TestClock.adjust("10 seconds")
      yield* Effect.all([ask, ask])
      yield* runs.ran(3)
      yield* TestClock.adjust("1 second")
      yield* ask
      yield* runs.ran(4)
    }),
    ["TestClock"]
  ),
  contractCase(
    "the time between attempts grows, to a minute",
    Effect.gen(function*() {
      const cache = yield* Cache
      const runs = yield* counted
      const lasting = textsWith({ timeToLive: "10 seconds", failSafeMaxAge: "1 day" })
      const ask = cache.getOrLoad(lasting, "a", Effect.zipRight(runs.load, Effect.fail("no")))
      yield* cache.set(lasting, "a", "1")
      yield* TestClock.adjust("10 seconds")
      for (let minute = 0; minute < 12; minute += 1) {
        yield* ask
        yield* runs.ran(minute + 1)
        yield* TestClock.adjust("1 minute")
      }
    }),
    ["TestClock"]
  ),
  contractCase(
    "a defect is not hidden by a stale value",
    Effect.gen(function*() {
      const cache = yield* Cache
      yield* cache.set(withFallback, "a", "1")
      yield* TestClock.adjust("10 seconds")
      const exit = yield* Effect.exit(cache.getOrLoad(withFallback, "a", Effect.dieMessage("bug")))
      yield* ensure(exit._tag === "Failure" && exit.cause._tag === "Die", "it is")
      yield* was(yield* cache.getOrLoad(withFallback, "a", Effect.succeed("2")), "2", { origin: "source" })
    }),
    ["TestClock"]
  ),
  contractCase(
    "a load that is to replace a stale value completes though nobody waits for it any more",
    Effect.gen(function*() {
      const cache = yield* Cache
      const slow = yield* slowLoad
      yield* cache.set(withFallback, "a", "1")
      yield* TestClock.adjust("10 seconds")
      const only = yield* Effect.fork(cache.getOrLoad(withFallback, "a", slow.load))
      yield* slow.began
      yield* Fiber.interrupt(only)
      yield* Deferred.succeed(slow.result, "2")
      yield* settle
      yield* was(yield* cache.getOrLoad(withFallback, "a", slow.load), "2", { origin: "cache" })
      yield* slow.ran(1)
    }),
    ["TestClock"]
  ),
  contractCase(
    "a failure does not touch other keys",
    Effect.gen(function*() {
      const cache = yield* Cache
      yield* Effect.flip(cache.getOrLoad(texts, "a", Effect.fail("no")))
      yield* was(yield* cache.getOrLoad(texts, "b", Effect.succeed("1")), "1", { origin: "source" })
    })
  )
]
