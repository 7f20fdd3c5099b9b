/**
 * What every `Cache` must do. Not covered: what becomes of it when its layer is built again, its bounds, and what it
 * sees of other processes.
 */
import { Duration, Effect, Option, Schema, TestClock } from "effect"
import { Cache } from "../../domain/storage/Cache.ts"
import { region } from "../../domain/storage/CacheSchema.ts"
import { contractCase, ensure } from "../Contract.ts"
import type { Contract } from "../Contract.ts"
import { cases as invalidations } from "./CacheInvalidationCases.ts"
import { cases as loads } from "./CacheLoadCases.ts"
import { cases as reentrancy } from "./CacheReentrancyCases.ts"
import { cases as stale } from "./CacheStaleCases.ts"
import { fallback, holds, texts, textsWith, was } from "./CacheSubject.ts"
import { cases as timeouts } from "./CacheTimeoutCases.ts"

const forTime = (timeToLive: Duration.DurationInput) => ({ policy: { timeToLive } })

const reads: Contract<Cache>["cases"] = [
  contractCase("what was never set is absent", holds("a", undefined)),
  contractCase(
    "an entry tells its age and is gone when its time is over",
    Effect.gen(function*() {
      const cache = yield* Cache
      yield* cache.set(texts, "a", "1", forTime("10 seconds"))
      yield* TestClock.adjust("9 seconds")
      const entry = yield* cache.get(texts, "a")
      yield* ensure(Option.isSome(entry) && Duration.toMillis(entry.value.age) === 9000, "its age is wrong")
      yield* TestClock.adjust("1 second")
      yield* holds("a", undefined)
    }),
    ["TestClock"]
  ),
  contractCase(
    "the last set wins, with its own time to live",
    Effect.gen(function*() {
      const cache = yield* Cache
      yield* cache.set(texts, "a", "1", forTime("10 seconds"))
      yield* cache.set(texts, "a", "2", forTime("20 seconds"))
      yield* TestClock.adjust("15 seconds")
      yield* holds("a", "2")
    }),
    ["TestClock"]
  ),
  contractCase(
    "an endless time to live does not end",
    Effect.gen(function*() {
      yield* (yield* Cache).set(texts, "a", "1", forTime(Duration.infinity))
      yield* TestClock.adjust("36500 days")
      yield* holds("a", "1")
    }),
    ["TestClock"]
  ),
  contractCase(
    "what is added to a time to live at random is within its bound",
    Effect.gen(function*() {
      const cache = yield* Cache
      const jittered = textsWith({ timeToLive: "10 seconds", jitterMax: "5 seconds" })
      for (let index = 0; index < 20; index += 1) yield* cache.set(jittered, `${index}`, "1")
      yield* TestClock.adjust("9999 millis")
      for (let index = 0; index < 20; index += 1) yield* holds(`${index}`, "1", jittered)
      yield* TestClock.adjust("5001 millis")
      for (let index = 0; index < 20; index += 1) yield* holds(`${index}`, undefined, jittered)
    }),
    ["TestClock"]
  ),
  contractCase(
    "an entry from before the clock was set back is not fresh, and serves as what a load falls back on",
    Effect.gen(function*() {
      const cache = yield* Cache
      const withFallback = textsWith(fallback, "fallback")
      yield* TestClock.setTime(100_000)
      yield* cache.set(texts, "a", "1")
      yield* cache.set(withFallback, "a", "1")
      yield* TestClock.setTime(50_000)
      yield* holds("a", undefined)
      yield* was(yield* cache.getOrLoad(withFallback, "a", Effect.fail("no")), "1", {
        origin: "cache",
        state: "failSafe"
      })
      yield* was(yield* cache.getOrLoad(texts, "a", Effect.succeed("2")), "2", { origin: "source" })
    }),
    ["TestClock"]
  ),
  contractCase(
    "a clock that is put right by seconds changes nothing",
    Effect.gen(function*() {
      const cache = yield* Cache
      yield* TestClock.setTime(100_000)
      yield* cache.set(texts, "a", "1")
      yield* TestClock.setTime(96_000)
      yield* was(yield* cache.getOrLoad(texts, "a", Effect.succeed("2")), "1", { origin: "cache" })
    }),
    ["TestClock"]
  ),
  contractCase(
    "a time to live of zero removes",
    Effect.gen(function*() {
      const cache = yield* Cache
      yield* cache.set(texts, "a", "1")
      yield* cache.set(texts, "a", "2", forTime(0))
      yield* holds("a", undefined)
    })
  ),
  contractCase(
    "regions have keys of their own, whatever their names",
    Effect.gen(function*() {
      const cache = yield* Cache
      const names = ["a", "a:b", "1:a", "", "a\u0000b"].map((name) => textsWith({}, name))
      for (const of of names) for (const key of ["b", ":b", "b:c", ""]) yield* cache.set(of, key, `${of.name}, ${key}`)
      for (const of of names) for (const key of ["b", ":b", "b:c", ""]) yield* holds(key, `${of.name}, ${key}`, of)
    })
  ),
  contractCase(
    "a value that no longer decodes is a miss, and is loaded again",
    Effect.gen(function*() {
      const cache = yield* Cache
      const numbers = region({ name: texts.name, schema: Schema.Number, policy: texts.policy })
      yield* cache.set(texts, "a", "text", { policy: { write: "through" } })
      yield* ensure(Option.isNone(yield* cache.get(numbers, "a")), "it was read as something else")
      yield* ensure((yield* cache.getOrLoad(numbers, "a", Effect.succeed(1))).value === 1, "it is not loaded")
      const again = yield* cache.getOrLoad(numbers, "a", Effect.succeed(2))
      yield* ensure(again.value === 1 && again.origin !== "source", "it does not heal")
    })
  ),
  contractCase(
    "keys and values of any text come back as they were",
    Effect.gen(function*() {
      const cache = yield* Cache
      const all = ["", "naïve 🗻", "a\u0000b", "a\u0000c", "e\u0301", "\u00e9", "'; DROP TABLE", "x".repeat(100_000)]
      for (const text of all) yield* cache.set(texts, text, `value of ${text}`)
      for (const text of all) yield* holds(text, `value of ${text}`)
      yield* cache.set(texts, "a", "")
      yield* holds("a", "")
      yield* cache.set(texts, "a", "\uD800")
      yield* holds("a", "\uD800")
    })
  ),
  contractCase(
    "a key that is not Unicode is not stored, rather than stored under another",
    Effect.gen(function*() {
      const cache = yield* Cache
      yield* cache.set(texts, "\uD800", "1")
      yield* holds("\uD801", undefined)
      yield* holds("\uD800", undefined)
      yield* was(yield* cache.getOrLoad(texts, "\uD800", Effect.succeed("2")), "2", { origin: "source" })
      yield* holds("\uD800", undefined)
    })
  ),
  contractCase(
    "stats count hits, misses, stale reads, loads and entries",
    Effect.gen(function*() {
      const cache = yield* Cache
      const withFallback = textsWith(fallback)
      yield* cache.get(withFallback, "a")
      yield* cache.getOrLoad(withFallback, "a", Effect.succeed("1"))
      yield* cache.getOrLoad(withFallback, "a", Effect.succeed("2"))
      yield* cache.get(withFallback, "a")
      yield* TestClock.adjust("10 seconds")
      yield* cache.get(withFallback, "a")
      const { entries, faults, hits, loads: loaded, misses, stale: old } = yield* cache.stats
      const found = [hits, misses, old, loaded, entries, faults].join()
      yield* ensure(found === "2,2,1,1,1,0", `they are ${found}`)
    }),
    ["TestClock"]
  )
]

export const contract: Contract<Cache> = {
  name: "Cache",
  cases: [...reads, ...invalidations, ...loads, ...reentrancy, ...stale, ...timeouts]
}
