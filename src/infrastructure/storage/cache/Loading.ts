/**
 * What a load does: unless somebody else brought the value meanwhile, it asks the source and stores what that gives, if
 * nothing has overtaken it.
 */
import { Cause, Duration, Effect, Exit, Option, Random, Scope } from "effect"
import type { Tracer } from "effect"
import { CacheReentrancy } from "../../../domain/storage/Cache.ts"
import type { CacheRegion, CacheResult, LoadOptions } from "../../../domain/storage/Cache.ts"
import * as Telemetry from "../../telemetry/catalogue/Cache.ts"
import * as Span from "../../telemetry/Span.ts"
import type { AgingClock } from "./AgingClock.ts"
import type { Counters } from "./Counters.ts"
import * as EntryKey from "./EntryKey.ts"
import { described, isCurrent } from "./EntryState.ts"
import type { Claim, EntryStore } from "./EntryStore.ts"
import type { FailedLoads } from "./FailedLoads.ts"
import type { Found, Levels } from "./Levels.ts"
import * as Lifetime from "./Lifetime.ts"

export interface LoadRequest<A, E, R> {
  readonly region: CacheRegion<A>
  readonly key: string
  readonly id: string
  readonly source: Effect.Effect<A, E, R>
  readonly options: LoadOptions<A, E> | undefined

  /** What is in the cache already and makes asking the source needless. */
  readonly wanted: "fresh" | "eager" | "nothing"
}

export interface Parts {
  readonly time: AgingClock
  readonly store: EntryStore
  readonly levels: Levels
  readonly counters: Counters
  readonly failures: FailedLoads
  readonly onStored: (id: string) => Effect.Effect<void>
}

/** As its reader gets it; the value is one that the region has decoded. */
export const resultOf = <A>({ age, entry, origin, state }: Found): CacheResult<A, never> => ({
  value: entry.value as A,
  age: Duration.millis(Math.max(0, age)),
  origin,
  state: described(state)
})

/** How long one process waits for another at most, unless the policy says. */
const longestWait = 30_000

/** Between two looks at what the other process does, in milliseconds; the claim is asked for at the longer ones. */
const shortest = 1
const longest = 25

/** A bug, a cancelled load and a load that waits for itself say nothing about the source. */
const failureOf = <E>(cause: Cause.Cause<E>): Option.Option<E> =>
  Cause.isDie(cause) || Cause.isInterrupted(cause)
    ? Option.none()
    : Option.filter(Cause.failureOption(cause), (error) => !(error instanceof CacheReentrancy))

/** `announce` is told of the span to look at. */
export type Load = <A, E, R>(
  request: LoadRequest<A, E, R>
) => (announce: (span: Tracer.AnySpan) => void) => Effect.Effect<CacheResult<A, E>, E, R>

export const make = ({ counters, failures, levels, onStored, store, time }: Parts): Load => {
  const now = Effect.map(Effect.clock, time.now)

  const remember = <A, E, R>({ id, options, region }: LoadRequest<A, E, R>) => (cause: Cause.Cause<E>) =>
    Option.match(failureOf(cause), {
      onNone: () => Effect.void,
      onSome: (error) =>
        Effect.zipWith(now, Random.next, (at, random) => {
          const given = Option.flatten(Option.fromNullable(options?.negativeTimeToLive?.(error)))
          failures.record(id, {
            error,
            now: at,
            random,
            throttle: Lifetime.of(region.policy).failSafeThrottle,
            given: Option.match(given, { onNone: () => 0, onSome: Duration.toMillis })
          })
        })
    })

  /** Without a generation it cannot be told what has overtaken the load, so that it is not stored. */
  const generation = Effect.catchAllCause(store.generation, () => {
    counters.fault()
    return Effect.succeed(undefined)
  })

  const ask = <A, E, R>(request: LoadRequest<A, E, R>, claim?: Claim) =>
    Effect.gen(function*() {
      const { id, options, region, source } = request
      const began = yield* generation
      counters.load()
      const value = yield* Effect.tapErrorCause(source, remember(request))
      failures.forget(id)
      if (began !== undefined) {
        const entry = { region, id, value, options: options?.entry?.(value), generation: began }
        const stored = yield* levels.put(claim === undefined ? entry : { ...entry, claim })
        if (stored) yield* onStored(id)
      }
      return { value, age: Duration.zero, origin: "source", state: "fresh" } as const
    })

  /** Asks as the only one of all processes, if that can be; `none` when another one is at it. */
  const askAlone = <A, E, R>(request: LoadRequest<A, E, R>): Effect.Effect<Option.Option<CacheResult<A, E>>, E, R> =>
    Effect.acquireUseRelease(
      Scope.make(),
      (scope) =>
        store.claim(request.id).pipe(
          Scope.extend(scope),
          Effect.map(Option.map((claim): Claim | undefined => claim)),
          Effect.catchAllCause(() => {
            counters.fault()
            return Effect.succeed(Option.some<Claim | undefined>(undefined))
          }),
          Effect.flatMap(Option.match({
            onNone: () => Effect.succeedNone,
            onSome: (claim) =>
              Effect.flatMap(levels.findStored(request.region, request.id), (found) =>
                Effect.asSome(
                  found !== undefined && request.wanted !== "nothing" && isCurrent(found.state, request.wanted)
                    ? Effect.succeed(resultOf<A>(found))
                    : ask(request, claim)
                ))
          }))
        ),
      (scope) => Scope.close(scope, Exit.void)
    )

  const askAcrossProcesses = <A, E, R>(request: LoadRequest<A, E, R>) =>
    Effect.gen(function*() {
      const { id, region, wanted } = request
      const end = (yield* now) + (Lifetime.of(region.policy).hardTimeout ?? longestWait)
      const first = yield* askAlone(request)
      if (Option.isSome(first)) return first.value
      for (let delay = shortest; (yield* now) < end; delay = Math.min(longest, delay * 2)) {
        yield* Effect.sleep(delay)
        const found = yield* levels.findStored(region, id)
        if (found !== undefined && wanted !== "nothing" && isCurrent(found.state, wanted)) return resultOf<A>(found)
        const own = delay < longest ? Option.none() : yield* askAlone(request)
        if (Option.isSome(own)) return own.value
      }
      return yield* ask(request)
    })

  return <A, E, R>(request: LoadRequest<A, E, R>) => (announce: (span: Tracer.AnySpan) => void) =>
    Effect.gen(function*() {
      const { id, key, region, wanted } = request
      if (wanted !== "nothing") {
        // Between the caller's look and this flight another one may have landed.
        const found = yield* levels.find(region, id)
        if (found !== undefined && isCurrent(found.state, wanted)) return resultOf<A>(found)
      }
      const { acrossProcesses } = Lifetime.of(region.policy)
      return yield* Effect.currentSpan.pipe(
        Effect.map(announce),
        Effect.ignore,
        Effect.zipRight(acrossProcesses && wanted !== "nothing" ? askAcrossProcesses(request) : ask(request)),
        Span.withSpan(Telemetry.load, {
          "strata.cache.region": region.name,
          "strata.cache.key_hash": EntryKey.hash(key)
        })
      )
    })
}
