/**
 * The part of `Cache`'s contract that is about loads that would wait for each other for ever.
 */
import { Deferred, Effect, Exit, Fiber } from "effect"
import { Cache, CacheReentrancy } from "../../domain/storage/Cache.ts"
import type { LoadTimeout } from "../../domain/storage/Cache.ts"
import { contractCase, ensure } from "../Contract.ts"
import type { Contract } from "../Contract.ts"
import { settle, texts, textsWith, was } from "./CacheSubject.ts"

const others = textsWith({}, "others")

const isReentrancy = (exit: Exit.Exit<unknown, unknown>, regions: string) =>
  ensure(
    Exit.isFailure(exit) && exit.cause._tag === "Fail" && exit.cause.error instanceof CacheReentrancy
      && exit.cause.error.regions.join() === regions,
    `it is ${exit.toString()}`
  )

export const cases: Contract<Cache>["cases"] = [
  contractCase(
    "a load that asks for its own key is a failure, not a deadlock",
    Effect.gen(function*() {
      const cache = yield* Cache
      const inner = cache.getOrLoad(texts, "a", Effect.succeed("inner"))
      const exit = yield* Effect.exit(cache.getOrLoad(texts, "a", Effect.map(inner, ({ value }) => value)))
      yield* isReentrancy(exit, "texts,texts")
      yield* was(yield* cache.getOrLoad(texts, "a", Effect.succeed("1")), "1", { origin: "source" })
    })
  ),
  contractCase(
    "so is one that asks for it through another, or from a fiber of its own",
    Effect.gen(function*() {
      const cache = yield* Cache
      const valueOf = Effect.map(({ value }: { readonly value: string }) => value)
      const back = valueOf(cache.getOrLoad(texts, "a", Effect.succeed("inner")))
      const between = valueOf(cache.getOrLoad(others, "b", Effect.flatMap(Effect.fork(back), Fiber.join)))
      yield* isReentrancy(yield* Effect.exit(cache.getOrLoad(texts, "a", between)), "texts,others,texts")
    })
  ),
  contractCase(
    "two loads that ask for each other's key do not wait for each other for ever",
    Effect.gen(function*() {
      const cache = yield* Cache
      const began = yield* Deferred.make<void>()
      const valueOf = Effect.map(({ value }: { readonly value: string }) => value)
      const first = cache.getOrLoad(
        texts,
        "a",
        Effect.zipRight(Deferred.await(began), valueOf(cache.getOrLoad(others, "b", Effect.succeed("b"))))
      )
      const second = cache.getOrLoad(
        others,
        "b",
        Effect.zipRight(settle, valueOf(cache.getOrLoad(texts, "a", Effect.succeed("a"))))
      )
      const fibers = [yield* Effect.fork(first), yield* Effect.fork(second)]
      yield* settle
      yield* Deferred.succeed(began, undefined)
      const exits = yield* Effect.forEach(fibers, Fiber.await)
      yield* ensure(exits.every(Exit.isFailure), "somebody got a value")
      yield* ensure(
        exits.every((exit) =>
          Exit.isFailure(exit) && exit.cause._tag === "Fail" && exit.cause.error instanceof CacheReentrancy
        ),
        `they are ${exits.join()}`
      )
    })
  ),
  contractCase(
    "loads may ask for other keys, the same ones at once",
    Effect.gen(function*() {
      const cache = yield* Cache
      const inner = Effect.map(
        cache.getOrLoad(texts, "c", Effect.as(settle, "c")),
        ({ value }) => value
      )
      const results = yield* Effect.all([
        cache.getOrLoad(texts, "a", inner),
        cache.getOrLoad(texts, "b", inner),
        cache.getOrLoad(texts, "a", inner)
      ], { concurrency: "unbounded" })
      yield* ensure(results.every(({ value }) => value === "c"), "some got another value")
    })
  ),
  contractCase(
    "what a load leaves running may ask for its key afterwards",
    Effect.gen(function*() {
      const cache = yield* Cache
      const landed = yield* Deferred.make<void>()
      const later = yield* Deferred.make<string, LoadTimeout | CacheReentrancy>()
      const ask = Effect.map(cache.getOrLoad(texts, "a", Effect.succeed("2")), ({ value }) => value)
      const load = Effect.as(
        Effect.forkDaemon(Deferred.complete(later, Effect.zipRight(Deferred.await(landed), ask))),
        "1"
      )
      yield* cache.getOrLoad(texts, "a", load)
      yield* Deferred.succeed(landed, undefined)
      yield* ensure((yield* Deferred.await(later)) === "1", "it got another value")
    })
  )
]
