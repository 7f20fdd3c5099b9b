/**
 * What every `Cache` must do. Not covered: what becomes of it when its layer is built again, and its bounds.
 */
import { Duration, Effect, Option, TestClock } from "effect"
import { Cache } from "../../domain/storage/Cache.ts"
import { contractCase, ensure } from "../Contract.ts"
import type { Contract } from "../Contract.ts"
import { cases as loads, holds } from "./CacheLoadCases.ts"

const hour = "1 hour"

const reads: Contract<Cache>["cases"] = [
  contractCase("what was never set is absent", holds("a", undefined)),
  contractCase(
    "an entry tells its age and is gone when its time is over",
    Effect.gen(function*() {
      const cache = yield* Cache
      yield* cache.set("a", "1", "10 seconds")
      yield* TestClock.adjust("9 seconds")
      const entry = yield* cache.get("a")
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
      yield* cache.set("a", "1", "10 seconds")
      yield* cache.set("a", "2", "20 seconds")
      yield* TestClock.adjust("15 seconds")
      yield* holds("a", "2")
    }),
    ["TestClock"]
  ),
  contractCase(
    "an endless time to live does not end",
    Effect.gen(function*() {
      yield* (yield* Cache).set("a", "1", Duration.infinity)
      yield* TestClock.adjust("36500 days")
      yield* holds("a", "1")
    }),
    ["TestClock"]
  ),
  contractCase(
    "an entry from before the clock was set back is not trusted",
    Effect.gen(function*() {
      yield* TestClock.setTime(10_000)
      yield* (yield* Cache).set("a", "1", hour)
      yield* TestClock.setTime(5000)
      yield* holds("a", undefined)
    }),
    ["TestClock"]
  ),
  contractCase(
    "a time to live of zero removes",
    Effect.gen(function*() {
      const cache = yield* Cache
      yield* cache.set("a", "1", hour)
      yield* cache.set("a", "2", 0)
      yield* holds("a", undefined)
    })
  ),
  contractCase(
    "remove forgets one key, and may be repeated",
    Effect.gen(function*() {
      const cache = yield* Cache
      yield* cache.set("a", "1", hour)
      yield* cache.set("b", "2", hour)
      yield* Effect.zipRight(cache.remove("a"), cache.remove("a"))
      yield* holds("a", undefined)
      yield* holds("b", "2")
    })
  ),
  contractCase(
    "clear forgets everything",
    Effect.gen(function*() {
      const cache = yield* Cache
      yield* cache.set("a", "1", hour)
      yield* cache.set("b", "2", hour)
      yield* cache.clear
      yield* holds("a", undefined)
      yield* holds("b", undefined)
    })
  ),
  contractCase(
    "keys and values of any text come back as they were",
    Effect.gen(function*() {
      const cache = yield* Cache
      const texts = ["", "naïve 🗻", "a\u0000b", "a\u0000c", "e\u0301", "\u00e9", "'; DROP TABLE", "x".repeat(100_000)]
      for (const text of texts) yield* cache.set(text, `value of ${text}`, hour)
      for (const text of texts) yield* holds(text, `value of ${text}`)
      yield* cache.set("a", "", hour)
      yield* holds("a", "")
    })
  ),
  contractCase(
    "text that is not Unicode is not stored, rather than stored as something else",
    Effect.gen(function*() {
      const cache = yield* Cache
      yield* cache.set("\uD800", "1", hour)
      yield* holds("\uD801", undefined)
      yield* cache.set("a", "1", hour)
      yield* cache.set("a", "\uD800", hour)
      yield* holds("a", undefined)
    })
  ),
  contractCase(
    "stats count hits, misses and entries",
    Effect.gen(function*() {
      const cache = yield* Cache
      yield* cache.get("a")
      yield* cache.getOrLoad("a", hour, Effect.succeed("1"))
      yield* cache.getOrLoad("a", hour, Effect.succeed("2"))
      yield* cache.get("a")
      const { entries, faults, hits, misses } = yield* cache.stats
      const found = [hits, misses, entries, faults].join()
      yield* ensure(found === "2,2,1,0", `they are ${found}`)
    })
  )
]

export const contract: Contract<Cache> = { name: "Cache", cases: [...reads, ...loads] }
