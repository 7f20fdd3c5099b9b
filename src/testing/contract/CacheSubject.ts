/**
 * Values, loads and assertions of `Cache`'s contract.
 */
import { Deferred, Duration, Effect, Option, Ref, Schema } from "effect"
import { Cache } from "../../domain/storage/Cache.ts"
import type { CacheRegion, CacheResult } from "../../domain/storage/Cache.ts"
import type { CachePolicy } from "../../domain/storage/CachePolicy.ts"
import { region } from "../../domain/storage/CacheSchema.ts"
import { ensure } from "../Contract.ts"

/** A region of text, fresh for an hour unless told otherwise. */
export const textsWith = (policy: Partial<CachePolicy> = {}, name = "texts"): CacheRegion<string> =>
  region({ name, schema: Schema.String, policy: { timeToLive: "1 hour", ...policy } })

export const texts = textsWith()

/** Fresh for 10 seconds, and what a failing load falls back on for an hour. */
export const fallback: CachePolicy = { timeToLive: "10 seconds", failSafeMaxAge: "1 hour" }

/** Fails the case unless the region has `expected` under `key`. */
export const holds = (key: string, expected: string | undefined, of = texts) =>
  Effect.gen(function*() {
    const found = Option.getOrUndefined(yield* (yield* Cache).get(of, key))?.value
    yield* ensure(found === expected, `it holds "${found}" instead of "${expected}"`)
  })

export interface Expected {
  /** `cache`: from memory or the store, which is the adapter's choice. */
  readonly origin: "cache" | "source"
  readonly state?: CacheResult<string, unknown>["state"]
  readonly millis?: number
}

export const was = (
  result: CacheResult<string, unknown>,
  value: string,
  { millis = 0, origin, state = "fresh" }: Expected
) =>
  ensure(
    result.value === value && (result.origin === "source") === (origin === "source") && result.state === state
      && Duration.toMillis(result.age) === millis && ("error" in result) === (state === "failSafe"),
    `it gave "${result.value}", ${result.state}, from ${result.origin}, ${Duration.toMillis(result.age)} ms old`
  )

/** A load that tells when it begins, how often it ran, and ends when told. */
export const slowLoad = Effect.gen(function*() {
  const began = yield* Deferred.make<void>()
  const result = yield* Deferred.make<string, string>()
  const runs = yield* Ref.make(0)
  const interrupted = yield* Deferred.make<void>()
  const load = Effect.gen(function*() {
    yield* Ref.update(runs, (n) => n + 1)
    yield* Deferred.succeed(began, undefined)
    return yield* Deferred.await(result)
  }).pipe(Effect.onInterrupt(() => Deferred.succeed(interrupted, undefined)))
  const ran = (times: number) =>
    Effect.flatMap(Ref.get(runs), (found) => ensure(found === times, `it was loaded ${found} times`))
  return { began: Deferred.await(began), result, ran, interrupted: Deferred.isDone(interrupted), load }
})

/** A load that gives one value after the other, and tells how many it has given. */
export const counted = Effect.map(Ref.make(0), (runs) => ({
  load: Effect.map(Ref.updateAndGet(runs, (n) => n + 1), String),
  ran: (times: number) =>
    Effect.flatMap(Ref.get(runs), (found) => ensure(found === times, `it was loaded ${found} times`))
}))

/** Lets whatever can go on without time passing go on. */
export const settle = Effect.forEach(Array.from({ length: 50 }), () => Effect.yieldNow(), { discard: true })
