/**
 * What a read does when memory does not have a fresh value: what the state of the entry asks for.
 */
import { Effect, Either, Option, Random } from "effect"
import { CacheReentrancy, LoadTimeout } from "../../../domain/storage/Cache.ts"
import type { CacheResult } from "../../../domain/storage/Cache.ts"
import * as Span from "../../telemetry/Span.ts"
import type { AgingClock } from "./AgingClock.ts"
import type { Counters } from "./Counters.ts"
import * as EntryKey from "./EntryKey.ts"
import { actionOf, described } from "./EntryState.ts"
import type { FailedLoads } from "./FailedLoads.ts"
import type { Found, Levels } from "./Levels.ts"
import * as Lifetime from "./Lifetime.ts"
import { resultOf } from "./Loading.ts"
import type { Load, LoadRequest } from "./Loading.ts"
import type { SingleFlight } from "./SingleFlight.ts"

export interface Parts {
  readonly time: AgingClock
  readonly levels: Levels
  readonly flights: SingleFlight
  readonly failures: FailedLoads
  readonly counters: Counters
  readonly load: Load
}

type Outcome<A, E, R> = Effect.Effect<CacheResult<A, E>, E | LoadTimeout | CacheReentrancy, R>

const failSafe = <A, E>(found: Found, error: E | LoadTimeout): CacheResult<A, E> => ({
  ...resultOf<A>(found),
  ...(described(found.state) === "fresh" ? {} : { state: "failSafe", error })
})

export const make = ({ counters, failures, flights, levels, load, time }: Parts) => {
  const now = Effect.map(Effect.clock, time.now)

  const timedOut = <A, E, R>({ id, region }: LoadRequest<A, E, R>, millis: number) =>
    Effect.zipWith(now, Random.next, (at, random) => {
      const error = new LoadTimeout({ region: region.name, millis })
      // Of all who wait for the load, the first one tells.
      if (failures.of(id, at) === undefined) {
        const throttle = Lifetime.of(region.policy).failSafeThrottle
        failures.record(id, { error, now: at, random, throttle, given: 0 })
      }
      return error
    })

  const fly = <A, E, R>(request: LoadRequest<A, E, R>, isReplacing: boolean, millis: number | undefined) => {
    const { onAbandoned } = Lifetime.of(request.region.policy)
    return flights.run(
      {
        key: request.id,
        region: request.region.name,
        load: load(request),
        isKept: onAbandoned === undefined ? isReplacing : onAbandoned === "complete"
      },
      millis === undefined ? undefined : { millis, isKept: onAbandoned !== "interrupt" }
    )
  }

  /** Nothing serves instead. */
  const wait = <A, E, R>(request: LoadRequest<A, E, R>, millis: number | undefined): Outcome<A, E, R> =>
    Effect.flatMap(fly(request, false, millis), (result) =>
      Option.isSome(result)
        ? Effect.succeed(result.value)
        : Effect.flatMap(timedOut(request, millis ?? 0), Effect.fail))

  /** What there is may have been removed meanwhile. */
  const waitWithFallback = <A, E, R>(request: LoadRequest<A, E, R>): Outcome<A, E, R> =>
    Effect.gen(function*() {
      const { hardTimeout, softTimeout } = Lifetime.of(request.region.policy)
      const millis = softTimeout ?? hardTimeout
      const result = yield* Effect.either(fly(request, true, millis))
      if (Either.isRight(result) && Option.isSome(result.right)) {
        counters.read("miss")
        return result.right.value
      }
      if (Either.isLeft(result) && result.left instanceof CacheReentrancy) return yield* Effect.fail(result.left)
      const error = Either.isLeft(result) ? result.left as E : yield* timedOut(request, millis ?? 0)
      const found = yield* levels.find(request.region, request.id)
      counters.read(found === undefined ? "miss" : "stale")
      if (found !== undefined) return failSafe<A, E>(found, error)
      if (Either.isLeft(result)) return yield* Effect.fail(result.left)
      const rest = hardTimeout === undefined ? undefined : hardTimeout - (millis ?? 0)
      return yield* rest === undefined || rest > 0 ? wait(request, rest) : Effect.fail(error)
    })

  const inBackground = <A, E, R>(request: LoadRequest<A, E, R>) =>
    flights.start({
      key: request.id,
      region: request.region.name,
      isKept: true,
      load: (announce) =>
        Effect.tapErrorCause(load(request)(announce), (cause) =>
          Effect.annotateLogs(Effect.logWarning("A cached value could not be loaded again in the background"), {
            "strata.cache.region": request.region.name,
            "strata.cache.key_hash": EntryKey.hash(request.key),
            "error.type": Span.errorType(cause)
          }))
    })

  /** `found` is what the cache has. */
  const getOrLoad = <A, E, R>(request: LoadRequest<A, E, R>, found: Found | undefined): Outcome<A, E, R> =>
    Effect.gen(function*() {
      const at = yield* now
      const failure = failures.of(request.id, at)
      const state = found?.state ?? "dead"
      const { inBackground: alsoLoads, serve } = actionOf(state, failure !== undefined)
      if (found === undefined) {
        counters.read("miss")
        if (failure !== undefined && at < failure.givenUntil) return yield* Effect.fail(failure.error as E)
        return yield* wait(request, Lifetime.of(request.region.policy).hardTimeout)
      }
      if (serve === "wait") return yield* waitWithFallback(request)
      counters.read(serve === "fresh" ? "hit" : "stale")
      if (alsoLoads) yield* inBackground({ ...request, wanted: state === "eager" ? "fresh" : "eager" })
      return serve === "failSafe" ? failSafe<A, E>(found, failure?.error as E) : resultOf<A>(found)
    })

  return {
    getOrLoad,
    refresh: <A, E, R>(request: LoadRequest<A, E, R>): Outcome<A, E, R> =>
      wait(request, Lifetime.of(request.region.policy).hardTimeout)
  }
}
