/**
 * The part of `Cache`'s contract that is about `getOrLoad`.
 */
import { Context, Deferred, Duration, Effect, Exit, Fiber, Option, Ref, TestClock } from "effect"
import { Cache } from "../../domain/storage/Cache.ts"
import type { CacheResult } from "../../domain/storage/Cache.ts"
import { contractCase, ensure } from "../Contract.ts"
import type { Contract } from "../Contract.ts"

const hour = "1 hour"

/** Fails the case unless `key` has `expected`. */
export const holds = (key: string, expected: string | undefined) =>
  Effect.gen(function*() {
    const found = Option.getOrUndefined(yield* (yield* Cache).get(key))?.value
    yield* ensure(found === expected, `it holds "${found}" instead of "${expected}"`)
  })

const was = (result: CacheResult<string>, origin: "cache" | "loaded", value: string, millis = 0) =>
  ensure(
    result.value === value && result.origin === origin && Duration.toMillis(result.age) === millis,
    `it gave "${result.value}", ${result.origin}, ${Duration.format(result.age)} old`
  )

/** A load that tells when it begins, how often it ran, and ends when told. */
const slowLoad = Effect.gen(function*() {
  const began = yield* Deferred.make<void>()
  const result = yield* Deferred.make<string, string>()
  const runs = yield* Ref.make(0)
  const interrupted = yield* Deferred.make<void>()
  const load = Effect.gen(function*() {
    yield* Ref.update(runs, (n) => n + 1)
    yield* Deferred.succeed(began, undefined)
    return yield* Deferred.await(result)
  }).pipe(Effect.onInterrupt(() => Deferred.succeed(interrupted, undefined)))
  return { began: Deferred.await(began), result, runs: Ref.get(runs), interrupted: Deferred.isDone(interrupted), load }
})

const settle = Effect.forEach(Array.from({ length: 20 }), () => Effect.yieldNow(), { discard: true })

/** `change` comes while a load runs; what the load gives is then not what the cache holds. */
const duringLoad = (name: string, change: (cache: typeof Cache.Service) => Effect.Effect<void>, after?: string) =>
  contractCase(
    `${name} during a load wins over the load`,
    Effect.gen(function*() {
      const cache = yield* Cache
      const slow = yield* slowLoad
      const waiting = yield* Effect.fork(cache.getOrLoad("a", hour, slow.load))
      yield* slow.began
      yield* change(cache)
      yield* Deferred.succeed(slow.result, "old")
      yield* was(yield* Fiber.join(waiting), "loaded", "old")
      yield* holds("a", after)
    })
  )

export const cases: Contract<Cache>["cases"] = [
  contractCase(
    "getOrLoad loads what is absent or expired, and gives the rest from the cache",
    Effect.gen(function*() {
      const cache = yield* Cache
      yield* was(yield* cache.getOrLoad("a", "10 seconds", Effect.succeed("1")), "loaded", "1")
      yield* TestClock.adjust("9 seconds")
      yield* was(yield* cache.getOrLoad("a", "10 seconds", Effect.succeed("2")), "cache", "1", 9000)
      yield* TestClock.adjust("1 second")
      yield* was(yield* cache.getOrLoad("a", "10 seconds", Effect.succeed("3")), "loaded", "3")
    }),
    ["TestClock"]
  ),
  contractCase(
    "100 callers share one load",
    Effect.gen(function*() {
      const cache = yield* Cache
      const slow = yield* slowLoad
      const callers = yield* Effect.fork(
        Effect.all(Array.from({ length: 100 }, () => cache.getOrLoad("a", hour, slow.load)), {
          concurrency: "unbounded"
        })
      )
      yield* slow.began
      yield* Deferred.succeed(slow.result, "1")
      const results = yield* Fiber.join(callers)
      yield* ensure((yield* slow.runs) === 1, `it was loaded ${yield* slow.runs} times`)
      yield* ensure(results.every(({ value }) => value === "1"), "some got another value")
    })
  ),
  contractCase(
    "different keys are loaded at the same time",
    Effect.gen(function*() {
      const cache = yield* Cache
      const [first, second] = [yield* slowLoad, yield* slowLoad]
      const waiting = yield* Effect.fork(cache.getOrLoad("a", hour, first.load))
      yield* first.began
      const other = yield* Effect.fork(cache.getOrLoad("b", hour, second.load))
      yield* second.began
      yield* Deferred.succeed(second.result, "2")
      yield* was(yield* Fiber.join(other), "loaded", "2")
      yield* Fiber.interrupt(waiting)
    })
  ),
  contractCase(
    "a failed load fails all of its callers and is not stored",
    Effect.gen(function*() {
      const cache = yield* Cache
      const slow = yield* slowLoad
      const caller = Effect.fork(Effect.flip(cache.getOrLoad("a", hour, slow.load)))
      const callers = [yield* caller, yield* caller]
      yield* slow.began
      yield* settle
      yield* Deferred.fail(slow.result, "no")
      for (const fiber of callers) yield* ensure((yield* Fiber.join(fiber)) === "no", "the failure is lost")
      yield* ensure((yield* slow.runs) === 1, `it was loaded ${yield* slow.runs} times`)
      yield* was(yield* cache.getOrLoad("a", hour, Effect.succeed("1")), "loaded", "1")
    })
  ),
  contractCase(
    "a load with a defect is not stored",
    Effect.gen(function*() {
      const cache = yield* Cache
      const exit = yield* Effect.exit(cache.getOrLoad("a", hour, Effect.dieMessage("bug")))
      yield* ensure(Exit.isFailure(exit), "the defect is lost")
      yield* was(yield* cache.getOrLoad("a", hour, Effect.succeed("1")), "loaded", "1")
    })
  ),
  contractCase(
    "a load survives the interruption of the caller who began it",
    Effect.gen(function*() {
      const cache = yield* Cache
      const slow = yield* slowLoad
      const first = yield* Effect.fork(cache.getOrLoad("a", hour, slow.load))
      yield* slow.began
      const second = yield* Effect.fork(cache.getOrLoad("a", hour, slow.load))
      yield* settle
      yield* Fiber.interrupt(first)
      yield* Deferred.succeed(slow.result, "1")
      yield* was(yield* Fiber.join(second), "loaded", "1")
      yield* ensure((yield* slow.runs) === 1, `it was loaded ${yield* slow.runs} times`)
    })
  ),
  contractCase(
    "a load nobody waits for any more is interrupted, and the next caller begins another",
    Effect.gen(function*() {
      const cache = yield* Cache
      const slow = yield* slowLoad
      const only = yield* Effect.fork(cache.getOrLoad("a", hour, slow.load))
      yield* slow.began
      yield* Fiber.interrupt(only)
      yield* ensure(yield* slow.interrupted, "it goes on")
      yield* was(yield* cache.getOrLoad("a", hour, Effect.succeed("1")), "loaded", "1")
    })
  ),
  contractCase(
    "a load has the context of its caller",
    Effect.gen(function*() {
      const cache = yield* Cache
      const Word = Context.GenericTag<"Word", string>("Word")
      const result = yield* Effect.provideService(cache.getOrLoad("a", hour, Word), Word, "1")
      yield* was(result, "loaded", "1")
    })
  ),
  contractCase(
    "a load that asks for its own key is a defect, not a deadlock",
    Effect.gen(function*() {
      const cache = yield* Cache
      const inner = cache.getOrLoad("a", hour, Effect.succeed("inner"))
      const exit = yield* Effect.exit(cache.getOrLoad("a", hour, Effect.map(inner, ({ value }) => value)))
      yield* ensure(Exit.isFailure(exit) && exit.cause._tag === "Die", "it is not a defect")
    })
  ),
  duringLoad("remove", (cache) => cache.remove("a")),
  duringLoad("clear", (cache) => cache.clear),
  duringLoad("set", (cache) => cache.set("a", "new", hour), "new")
]
