/**
 * The part of `Cache`'s contract that is about `getOrLoad` and `refresh` of what is not there.
 */
import { Context, Deferred, Effect, Exit, Fiber, Option, TestClock } from "effect"
import { Cache } from "../../domain/storage/Cache.ts"
import type { EntryOptions, LoadOptions } from "../../domain/storage/Cache.ts"
import { contractCase, ensure } from "../Contract.ts"
import type { Contract } from "../Contract.ts"
import { counted, holds, settle, slowLoad, texts, textsWith, was } from "./CacheSubject.ts"

const brief = textsWith({ timeToLive: "10 seconds" })

const callers = <A, E, R>(ask: Effect.Effect<A, E, R>) =>
  Effect.fork(Effect.all(Array.from({ length: 100 }, () => Effect.either(ask)), { concurrency: "unbounded" }))

/** One who found the failure given for 10 seconds. */
const negative: LoadOptions<string, string> = { negativeTimeToLive: () => Option.some("10 seconds") }

const entry = (value: string): EntryOptions => ({ tags: [value], policy: { timeToLive: "10 seconds" } })

export const cases: Contract<Cache>["cases"] = [
  contractCase(
    "getOrLoad loads what is absent or expired, and gives the rest from the cache",
    Effect.gen(function*() {
      const cache = yield* Cache
      yield* was(yield* cache.getOrLoad(brief, "a", Effect.succeed("1")), "1", { origin: "source" })
      yield* TestClock.adjust("9 seconds")
      yield* was(yield* cache.getOrLoad(brief, "a", Effect.succeed("2")), "1", { origin: "cache", millis: 9000 })
      yield* TestClock.adjust("1 second")
      yield* was(yield* cache.getOrLoad(brief, "a", Effect.succeed("3")), "3", { origin: "source" })
    }),
    ["TestClock"]
  ),
  contractCase(
    "100 callers share one load",
    Effect.gen(function*() {
      const cache = yield* Cache
      const slow = yield* slowLoad
      const waiting = yield* callers(cache.getOrLoad(texts, "a", slow.load))
      yield* slow.began
      yield* settle
      yield* Deferred.succeed(slow.result, "1")
      const results = yield* Fiber.join(waiting)
      yield* slow.ran(1)
      yield* ensure(
        results.every((each) => each._tag === "Right" && each.right.value === "1"),
        "some got another value"
      )
    })
  ),
  contractCase(
    "100 callers share one load that fails, though the one who began it is interrupted",
    Effect.gen(function*() {
      const cache = yield* Cache
      const slow = yield* slowLoad
      const leader = yield* Effect.fork(cache.getOrLoad(texts, "a", slow.load))
      yield* slow.began
      const waiting = yield* callers(cache.getOrLoad(texts, "a", slow.load))
      yield* settle
      yield* Fiber.interrupt(leader)
      yield* Deferred.fail(slow.result, "no")
      const results = yield* Fiber.join(waiting)
      yield* slow.ran(1)
      yield* ensure(results.every((each) => each._tag === "Left" && each.left === "no"), "some did not fail")
    })
  ),
  contractCase(
    "different keys are loaded at the same time",
    Effect.gen(function*() {
      const cache = yield* Cache
      const [first, second] = [yield* slowLoad, yield* slowLoad]
      const waiting = yield* Effect.fork(cache.getOrLoad(texts, "a", first.load))
      yield* first.began
      const other = yield* Effect.fork(cache.getOrLoad(texts, "b", second.load))
      yield* second.began
      yield* Deferred.succeed(second.result, "2")
      yield* was(yield* Fiber.join(other), "2", { origin: "source" })
      yield* Fiber.interrupt(waiting)
    })
  ),
  contractCase(
    "a failed load fails all of its callers and is not stored",
    Effect.gen(function*() {
      const cache = yield* Cache
      const slow = yield* slowLoad
      const caller = Effect.fork(Effect.flip(cache.getOrLoad(texts, "a", slow.load)))
      const waiting = [yield* caller, yield* caller]
      yield* slow.began
      yield* settle
      yield* Deferred.fail(slow.result, "no")
      for (const fiber of waiting) yield* ensure((yield* Fiber.join(fiber)) === "no", "the failure is lost")
      yield* slow.ran(1)
      yield* was(yield* cache.getOrLoad(texts, "a", Effect.succeed("1")), "1", { origin: "source" })
    })
  ),
  contractCase(
    "a load with a defect is not stored, and not remembered as a failure",
    Effect.gen(function*() {
      const cache = yield* Cache
      const bug: Effect.Effect<string, string> = Effect.dieMessage("bug")
      const exit = yield* Effect.exit(cache.getOrLoad(texts, "a", bug, negative))
      yield* ensure(Exit.isFailure(exit) && exit.cause._tag === "Die", "the defect is lost")
      const load: Effect.Effect<string, string> = Effect.succeed("1")
      yield* was(yield* cache.getOrLoad(texts, "a", load, negative), "1", { origin: "source" })
    })
  ),
  contractCase(
    "a load survives the interruption of the caller who began it",
    Effect.gen(function*() {
      const cache = yield* Cache
      const slow = yield* slowLoad
      const first = yield* Effect.fork(cache.getOrLoad(texts, "a", slow.load))
      yield* slow.began
      const second = yield* Effect.fork(cache.getOrLoad(texts, "a", slow.load))
      yield* settle
      yield* Fiber.interrupt(first)
      yield* Deferred.succeed(slow.result, "1")
      yield* was(yield* Fiber.join(second), "1", { origin: "source" })
      yield* slow.ran(1)
    })
  ),
  contractCase(
    "a load nobody waits for any more is interrupted, and the next caller begins another",
    Effect.gen(function*() {
      const cache = yield* Cache
      const slow = yield* slowLoad
      const only = yield* Effect.fork(cache.getOrLoad(texts, "a", slow.load))
      yield* slow.began
      yield* Fiber.interrupt(only)
      yield* ensure(yield* slow.interrupted, "it goes on")
      yield* was(yield* cache.getOrLoad(texts, "a", Effect.succeed("1")), "1", { origin: "source" })
    })
  ),
  contractCase(
    "a load nobody waits for any more completes when it is told to",
    Effect.gen(function*() {
      const cache = yield* Cache
      const slow = yield* slowLoad
      const only = yield* Effect.fork(cache.getOrLoad(textsWith({ onAbandoned: "complete" }), "a", slow.load))
      yield* slow.began
      yield* Fiber.interrupt(only)
      yield* Deferred.succeed(slow.result, "1")
      yield* settle
      yield* was(yield* cache.getOrLoad(texts, "a", Effect.succeed("2")), "1", { origin: "cache" })
    })
  ),
  contractCase(
    "a load has the context of its caller",
    Effect.gen(function*() {
      const cache = yield* Cache
      const Word = Context.GenericTag<"Word", string>("Word")
      const result = yield* Effect.provideService(cache.getOrLoad(texts, "a", Word), Word, "1")
      yield* was(result, "1", { origin: "source" })
    })
  ),
  contractCase(
    "what is loaded may say how long it is good, and what it is tagged with",
    Effect.gen(function*() {
      const cache = yield* Cache
      yield* cache.getOrLoad(texts, "a", Effect.succeed("x"), { entry })
      yield* cache.getOrLoad(texts, "b", Effect.succeed("y"), { entry })
      yield* cache.removeTag("x")
      yield* holds("a", undefined)
      yield* holds("b", "y")
      yield* TestClock.adjust("10 seconds")
      yield* holds("b", undefined)
      yield* cache.getOrLoad(texts, "c", Effect.succeed("z"), { entry: () => ({ policy: { timeToLive: 0 } }) })
      yield* holds("c", undefined)
    }),
    ["TestClock"]
  ),
  contractCase(
    "a failure is given to everybody for as long as it says, and not after expire, remove or set",
    Effect.gen(function*() {
      const cache = yield* Cache
      const runs = yield* counted
      const ask = Effect.either(cache.getOrLoad(texts, "a", Effect.flatMap(runs.load, Effect.fail), negative))
      const gives = (expected: string) =>
        Effect.flatMap(ask, (found) => ensure(found._tag === "Left" && found.left === expected, "it is another"))
      yield* gives("1")
      yield* TestClock.adjust("9999 millis")
      yield* gives("1")
      yield* TestClock.adjust("1 millis")
      yield* gives("2")
      yield* cache.expire(texts, "a")
      yield* gives("3")
      yield* cache.remove(texts, "a")
      yield* gives("4")
      yield* cache.set(texts, "a", "set")
      yield* holds("a", "set")
      yield* runs.ran(4)
    }),
    ["TestClock"]
  ),
  contractCase(
    "refresh loads what is there, and a refresh that fails leaves it",
    Effect.gen(function*() {
      const cache = yield* Cache
      yield* cache.set(texts, "a", "1")
      yield* was(yield* cache.refresh(texts, "a", Effect.succeed("2")), "2", { origin: "source" })
      yield* ensure((yield* Effect.flip(cache.refresh(texts, "a", Effect.fail("no")))) === "no", "it did not fail")
      yield* was(yield* cache.getOrLoad(texts, "a", Effect.succeed("3")), "2", { origin: "cache" })
    })
  ),
  contractCase(
    "refresh joins a load under way",
    Effect.gen(function*() {
      const cache = yield* Cache
      const slow = yield* slowLoad
      const first = yield* Effect.fork(cache.getOrLoad(texts, "a", slow.load))
      yield* slow.began
      const second = yield* Effect.fork(cache.refresh(texts, "a", slow.load))
      yield* settle
      yield* Deferred.succeed(slow.result, "1")
      yield* was(yield* Fiber.join(first), "1", { origin: "source" })
      yield* was(yield* Fiber.join(second), "1", { origin: "source" })
      yield* slow.ran(1)
    })
  ),
  contractCase(
    "what one process loads for all is loaded once, and stored",
    Effect.gen(function*() {
      const cache = yield* Cache
      const alone = textsWith({ acrossProcesses: true })
      const runs = yield* counted
      yield* was(yield* cache.getOrLoad(alone, "a", runs.load), "1", { origin: "source" })
      yield* was(yield* cache.getOrLoad(alone, "a", runs.load), "1", { origin: "cache" })
      yield* runs.ran(1)
    })
  )
]
