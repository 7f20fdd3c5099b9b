/**
 * At most one load at a time per key. A load belongs to the scope of the whole, not to the caller who happened to be
 * first: it goes on while anybody waits for it, and is interrupted when nobody does any more.
 */
import { Deferred, Effect, Fiber, FiberRef } from "effect"
import type { Scope } from "effect"

interface Flight<A, E> {
  readonly result: Deferred.Deferred<A, E>
  readonly landed: Deferred.Deferred<void>
  fiber: Fiber.Fiber<void> | undefined
  waiting: number
  abandoned: boolean
}

/** Callers of one key use the same load, and so the same `E`. */
type AnyFlight<A> = Flight<A, unknown>

export interface SingleFlight<A> {
  /**
   * Everybody who asks while a load of `key` runs gets its exit; the load has the context of the first. `isCurrent`
   * tells a load whether it still is the one of its key.
   */
  readonly run: <E, R>(
    key: string,
    load: (isCurrent: () => boolean) => Effect.Effect<A, E, R>
  ) => Effect.Effect<A, E, R>

  /** Whoever asks from now on starts another load; those who wait keep theirs, which is no longer current. */
  readonly forget: (key: string) => void

  readonly forgetAll: () => void
}

/** One waits less; the last one takes the load with it. */
const leave = <A, E>(flight: Flight<A, E>) =>
  Effect.suspend(() => {
    flight.waiting -= 1
    if (flight.waiting > 0 || flight.fiber === undefined) return Effect.void
    flight.abandoned = true
    return Fiber.interrupt(flight.fiber)
  })

export const make = <A>(): Effect.Effect<SingleFlight<A>, never, Scope.Scope> =>
  Effect.gen(function*() {
    const scope = yield* Effect.scope
    const flights = new Map<string, AnyFlight<A>>()
    /** What the current fiber loads, and what it loads that for. */
    const loading = yield* FiberRef.make<ReadonlyArray<string>>([])

    const depart = <E, R>(key: string, load: (isCurrent: () => boolean) => Effect.Effect<A, E, R>) =>
      Effect.gen(function*() {
        const flight: Flight<A, E> = {
          result: yield* Deferred.make<A, E>(),
          landed: yield* Deferred.make<void>(),
          fiber: undefined,
          waiting: 1,
          abandoned: false
        }
        const isCurrent = () => flights.get(key)?.result === flight.result
        flights.set(key, flight as AnyFlight<A>)
        // Forked without interruptibility of its own: even a scope that closes at once gets an exit to the waiters.
        flight.fiber = yield* Effect.interruptible(Effect.suspend(() => load(isCurrent))).pipe(
          Effect.locallyWith(loading, (chain) => [...chain, key]),
          Effect.exit,
          Effect.flatMap((exit) => {
            if (isCurrent()) flights.delete(key)
            return Effect.zipRight(Deferred.done(flight.result, exit), Deferred.succeed(flight.landed, undefined))
          }),
          Effect.asVoid,
          Effect.forkIn(scope)
        )
        return flight
      })

    const run: SingleFlight<A>["run"] = <E, R>(
      key: string,
      load: (isCurrent: () => boolean) => Effect.Effect<A, E, R>
    ) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.gen(function*() {
          if ((yield* FiberRef.get(loading)).includes(key)) {
            return yield* Effect.dieMessage("The load of a cache entry waits for itself")
          }
          let flight = flights.get(key) as Flight<A, E> | undefined
          while (flight?.abandoned === true) {
            yield* restore(Deferred.await(flight.landed))
            flight = flights.get(key) as Flight<A, E> | undefined
          }
          if (flight === undefined) flight = yield* depart(key, load)
          else flight.waiting += 1
          return yield* Effect.ensuring(restore(Deferred.await(flight.result)), leave(flight))
        })
      )

    return { run, forget: (key) => void flights.delete(key), forgetAll: () => flights.clear() }
  })
