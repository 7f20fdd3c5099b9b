/**
 * The part of `Cache`'s contract that is about what no longer holds.
 */
import { Chunk, Deferred, Effect, Fiber, Option, Stream, TestClock } from "effect"
import { Cache } from "../../domain/storage/Cache.ts"
import { contractCase, ensure } from "../Contract.ts"
import type { Contract } from "../Contract.ts"
import { fallback, holds, settle, slowLoad, texts, textsWith, was } from "./CacheSubject.ts"

type Service = typeof Cache.Service

const withFallback = textsWith(fallback)

const tagged = { tags: ["x"] }

/** `change` comes while a load runs; what the load gives is then not what the cache holds, and nobody joins it. */
const duringLoad = (name: string, change: (cache: Service) => Effect.Effect<void>, after?: string) =>
  contractCase(
    `${name} during a load wins over the load`,
    Effect.gen(function*() {
      const cache = yield* Cache
      const slow = yield* slowLoad
      const waiting = yield* Effect.fork(cache.getOrLoad(texts, "a", slow.load, { entry: () => tagged }))
      yield* slow.began
      yield* change(cache)
      const late = yield* cache.getOrLoad(texts, "a", Effect.succeed("late"))
      yield* ensure(late.value === (after ?? "late"), `whoever asks later gets ${late.value}`)
      yield* Deferred.succeed(slow.result, "old")
      yield* was(yield* Fiber.join(waiting), "old", { origin: "source" })
      yield* holds("a", after ?? "late")
    })
  )

/** What a load that fails falls back on after `change`. */
const afterwards = (name: string, change: (cache: Service) => Effect.Effect<void>, isKept: boolean) =>
  contractCase(
    `after ${name} a failing load ${isKept ? "falls back on what was there" : "has nothing to fall back on"}`,
    Effect.gen(function*() {
      const cache = yield* Cache
      yield* cache.set(withFallback, "a", "1", tagged)
      yield* TestClock.adjust("5 seconds")
      yield* change(cache)
      yield* holds("a", isKept ? "1" : undefined, withFallback)
      const result = yield* Effect.either(cache.getOrLoad(withFallback, "a", Effect.fail("no")))
      yield* ensure((result._tag === "Right") === isKept, `it was ${result._tag}`)
      if (result._tag === "Right") {
        yield* was(result.right, "1", { origin: "cache", state: "failSafe", millis: 5000 })
        yield* ensure(result.right.error === "no", "the failure is lost")
      }
      const again = yield* cache.getOrLoad(texts, "b", Effect.succeed("1"))
      yield* was(again, "1", { origin: "source" })
    }),
    ["TestClock"]
  )

export const cases: Contract<Cache>["cases"] = [
  contractCase(
    "remove forgets one key, and may be repeated",
    Effect.gen(function*() {
      const cache = yield* Cache
      yield* cache.set(texts, "a", "1")
      yield* cache.set(texts, "b", "2")
      yield* Effect.zipRight(cache.remove(texts, "a"), cache.remove(texts, "a"))
      yield* holds("a", undefined)
      yield* holds("b", "2")
    })
  ),
  contractCase(
    "clear forgets everything of every region, and takes what comes after it",
    Effect.gen(function*() {
      const cache = yield* Cache
      const others = textsWith({}, "others")
      yield* cache.set(texts, "a", "1")
      yield* cache.set(others, "b", "2")
      yield* cache.clear
      yield* holds("a", undefined)
      yield* holds("b", undefined, others)
      yield* cache.set(texts, "a", "3")
      yield* holds("a", "3")
    })
  ),
  contractCase(
    "what expires is loaded again, where there is to be no fall-back too",
    Effect.gen(function*() {
      const cache = yield* Cache
      yield* cache.set(texts, "a", "1")
      yield* cache.expire(texts, "a")
      yield* holds("a", undefined)
      yield* was(yield* cache.getOrLoad(texts, "a", Effect.succeed("2")), "2", { origin: "source" })
      yield* was(yield* cache.getOrLoad(texts, "a", Effect.succeed("3")), "2", { origin: "cache" })
    })
  ),
  contractCase(
    "a tag reaches every entry that has it now, and none that comes after, in the same millisecond",
    Effect.gen(function*() {
      const cache = yield* Cache
      const others = textsWith({}, "others")
      for (const invalidate of [cache.expireTag, cache.removeTag]) {
        yield* cache.set(texts, "a", "1", { tags: ["x", "y"] })
        yield* cache.set(others, "a", "1", tagged)
        yield* cache.set(texts, "b", "1", { tags: ["y"] })
        yield* cache.set(texts, "c", "1", tagged)
        yield* cache.set(texts, "c", "2")
        yield* invalidate("x")
        yield* holds("a", undefined)
        yield* holds("a", undefined, others)
        yield* holds("b", "1")
        yield* holds("c", "2")
        yield* cache.set(texts, "a", "3", tagged)
        yield* holds("a", "3")
      }
    })
  ),
  contractCase(
    "a tag invalidated before the clock was set back reaches nothing that came after it",
    Effect.gen(function*() {
      const cache = yield* Cache
      yield* TestClock.setTime(7_200_000)
      yield* cache.set(texts, "a", "1", tagged)
      yield* cache.removeTag("x")
      yield* TestClock.setTime(3_600_000)
      yield* holds("a", undefined)
      yield* cache.set(texts, "a", "2", tagged)
      yield* holds("a", "2")
      yield* TestClock.adjust("30 minutes")
      yield* holds("a", "2")
    }),
    ["TestClock"]
  ),
  contractCase(
    "an entry of more than 16 tags, or of one that is not Unicode, is not stored, and its key has nothing",
    Effect.gen(function*() {
      const cache = yield* Cache
      for (const tags of [Array.from({ length: 17 }, String), ["\uD800"]]) {
        yield* cache.set(texts, "a", "1", { tags: Array.from({ length: 16 }, String) })
        yield* holds("a", "1")
        yield* cache.set(texts, "a", "2", { tags })
        yield* holds("a", undefined)
      }
    })
  ),
  afterwards("expire", (cache) => cache.expire(withFallback, "a"), true),
  afterwards("expireTag", (cache) => cache.expireTag("x"), true),
  afterwards("expireAll", (cache) => cache.expireAll, true),
  afterwards("remove", (cache) => cache.remove(withFallback, "a"), false),
  afterwards("removeTag", (cache) => cache.removeTag("x"), false),
  afterwards("clear", (cache) => cache.clear, false),
  contractCase(
    "what is removed while a load fails is not fallen back on",
    Effect.gen(function*() {
      const cache = yield* Cache
      for (const remove of [cache.remove(withFallback, "a"), cache.removeTag("x"), cache.clear]) {
        yield* cache.set(withFallback, "a", "1", tagged)
        yield* TestClock.adjust("10 seconds")
        const slow = yield* slowLoad
        const waiting = yield* Effect.fork(Effect.flip(cache.getOrLoad(withFallback, "a", slow.load)))
        yield* slow.began
        yield* remove
        yield* Deferred.fail(slow.result, "no")
        yield* ensure((yield* Fiber.join(waiting)) === "no", "the failure is lost")
      }
    }),
    ["TestClock"]
  ),
  duringLoad("remove", (cache) => cache.remove(texts, "a")),
  duringLoad("removeTag", (cache) => cache.removeTag("x")),
  duringLoad("clear", (cache) => cache.clear),
  duringLoad("expire", (cache) => cache.expire(texts, "a")),
  duringLoad("expireTag", (cache) => cache.expireTag("x")),
  duringLoad("expireAll", (cache) => cache.expireAll),
  duringLoad("set", (cache) => cache.set(texts, "a", "new"), "new"),
  contractCase(
    "changes are told as they come, without values",
    Effect.gen(function*() {
      const cache = yield* Cache
      const told = yield* Effect.fork(Stream.runCollect(Stream.take(cache.changes, 8)))
      yield* settle
      yield* cache.set(texts, "a", "1")
      yield* cache.getOrLoad(texts, "b", Effect.succeed("2"))
      yield* cache.expire(texts, "a")
      yield* cache.remove(texts, "a")
      yield* cache.expireTag("x")
      yield* cache.removeTag("x")
      yield* Effect.zipRight(cache.expireAll, cache.clear)
      const found = Chunk.toReadonlyArray(yield* Fiber.join(told)).map((change) =>
        `${change._tag} ${"key" in change ? `${change.region} ${change.key}` : "tag" in change ? change.tag : ""}`
          .trim()
      )
      const expected = "Set texts a,Set texts b,Expired texts a,Removed texts a,TagExpired x,TagRemoved x"
      yield* ensure(found.join() === `${expected},AllExpired,AllRemoved`, `they are ${found.join()}`)
      yield* ensure(Option.isNone(yield* cache.get(texts, "b")), "it was not cleared")
    })
  )
]
