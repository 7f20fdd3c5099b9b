/**
 * At most one load at a time per key. A load belongs to the scope of the whole, not to the caller who happened to be
 * first: it goes on while anybody waits for it, and longer when it was asked to.
 */
import { Deferred, Effect, Fiber, FiberId, FiberRef, Option, Tracer } from "effect"
import type { Exit, Scope } from "effect"
import { CacheReentrancy } from "../../../domain/storage/Cache.ts"
import { around } from "../local/GuardedConnection.ts"
import { outsideTransactions } from "../local/SqliteConnection.ts"

interface Flight {
  readonly key: string
  readonly region: string
  /** Callers of one key use the same load, and so the same types. */
  readonly result: Deferred.Deferred<unknown, unknown>
  readonly landed: Deferred.Deferred<void>

  /** The loads that wait for this one. */
  readonly waitedBy: Set<{ readonly flight: Flight }>
  fiber: Fiber.Fiber<void> | undefined
  span: Tracer.AnySpan | undefined
  waiting: number
  isKept: boolean
  isDone: boolean
  isAbandoned: boolean
}

export interface Request<A, E, R> {
  readonly key: string
  readonly region: string

  /** `announce` tells those who join of the span to look at. */
  readonly load: (announce: (span: Tracer.AnySpan) => void) => Effect.Effect<A, E, R>

  /** Whether the load goes on when nobody waits for it any more. */
  readonly isKept: boolean
}

export interface Patience {
  readonly millis: number

  /** Whether the load goes on for whoever did not wait for it. */
  readonly isKept: boolean
}

export interface SingleFlight {
  /**
   * Everybody who asks while a load of the key runs gets its exit; the load has the context of the first. `none` when
   * it took longer than `patience`. Dies inside a transaction: what is read there may be taken back or be no more, and
   * a load under way may wait for the transaction to end.
   */
  readonly run: <A, E, R>(
    request: Request<A, E, R>,
    patience?: Patience
  ) => Effect.Effect<Option.Option<A>, E | CacheReentrancy, R>

  /** Nobody waits. Nothing happens when there is one already. The load is in no transaction. */
  readonly start: <A, E, R>(request: Request<A, E, R>) => Effect.Effect<void, never, R>

  /** Whoever asks from now on starts another load; those who wait keep theirs. */
  readonly forget: (key: string) => void
  readonly forgetAll: () => void
}

/** The loads from one of `key` to `flight`, each waiting for the next: they would wait for `flight` for ever. */
const circle = (flight: Flight, key: string, seen = new Set<Flight>()): ReadonlyArray<string> | undefined => {
  if (flight.isDone || seen.has(flight)) return undefined
  if (flight.key === key) return [flight.region]
  seen.add(flight)
  for (const { flight: waiting } of flight.waitedBy) {
    const found = circle(waiting, key, seen)
    if (found !== undefined) return [...found, flight.region]
  }
  return undefined
}

/** One waits less; the last one takes the load with it. */
const leave = (flight: Flight) =>
  Effect.suspend(() => {
    flight.waiting -= 1
    if (flight.waiting > 0 || flight.isKept || flight.isDone || flight.fiber === undefined) return Effect.void
    flight.isAbandoned = true
    return Fiber.interrupt(flight.fiber)
  })

const link = (span: Tracer.AnySpan | undefined) =>
  span === undefined
    ? Effect.void
    // `Effect.currentSpan` makes an error with a stack where there is none, for each of those who wait.
    : Effect.map(Effect.serviceOption(Tracer.ParentSpan), (own) => {
      if (Option.isSome(own) && own.value._tag === "Span") {
        own.value.addLinks([{ _tag: "SpanLink", span, attributes: {} }])
      }
    })

const refuseInTransaction = Effect.flatMap(
  Effect.context<never>(),
  (context) =>
    around(context) === undefined
      ? Effect.void
      : Effect.dieMessage("A cache load inside a transaction: others would be served what it reads there")
)

/** In the types of whoever asked first: all who use a key use the same. */
// @effect-diagnostics-next-line unsafeEffectTypeAssertion:off
const resultOf = <A, E>(flight: Flight) => Deferred.await(flight.result as Deferred.Deferred<A, E>)

export const make: Effect.Effect<SingleFlight, never, Scope.Scope> = Effect.gen(function*() {
  const scope = yield* Effect.scope
  const flights = new Map<string, Flight>()
  /** What the current fiber loads. */
  const loading = yield* FiberRef.make<Flight | undefined>(undefined)

  /** At once, so that nobody comes between looking for a flight and this. */
  const register = ({ isKept, key, region }: Pick<Flight, "isKept" | "key" | "region">) => {
    const flight: Flight = {
      key,
      region,
      result: Deferred.unsafeMake(FiberId.none),
      landed: Deferred.unsafeMake(FiberId.none),
      waitedBy: new Set(),
      fiber: undefined,
      span: undefined,
      waiting: 0,
      isKept,
      isDone: false,
      isAbandoned: false
    }
    flights.set(key, flight)
    return flight
  }

  const land = (flight: Flight) => (exit: Exit.Exit<unknown, unknown>) => {
    flight.isDone = true
    if (flights.get(flight.key) === flight) flights.delete(flight.key)
    return Effect.zipRight(Deferred.done(flight.result, exit), Deferred.succeed(flight.landed, undefined))
  }

  /** Forked without interruptibility of its own: even a scope that closes at once gets an exit to the waiters. */
  const depart = <A, E, R>({ load }: Request<A, E, R>, flight: Flight) =>
    Effect.interruptible(Effect.suspend(() => load((span) => void (flight.span = span)))).pipe(
      outsideTransactions,
      Effect.locally(loading, flight),
      Effect.exit,
      Effect.flatMap(land(flight)),
      Effect.asVoid,
      Effect.forkIn(scope),
      Effect.map((fiber) => void (flight.fiber = fiber))
    )

  const run = <A, E, R>(request: Request<A, E, R>, patience?: Patience) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function*() {
        yield* refuseInTransaction
        const own = yield* FiberRef.get(loading)
        const loop = own === undefined ? undefined : circle(own, request.key)
        if (loop !== undefined) return yield* new CacheReentrancy({ regions: [...loop, request.region] })
        let flight = flights.get(request.key)
        while (flight?.isAbandoned === true) {
          yield* restore(Deferred.await(flight.landed))
          flight = flights.get(request.key)
        }
        const joined = flight ?? register(request)
        joined.waiting += 1
        joined.isKept ||= request.isKept
        const edge = own === undefined ? undefined : { flight: own }
        if (edge !== undefined) joined.waitedBy.add(edge)
        yield* flight === undefined ? depart(request, joined) : link(joined.span)
        const result = patience === undefined
          ? Effect.asSome(resultOf<A, E>(joined))
          // It waits for the loser, also where the caller cannot be interrupted.
          : Effect.timeoutOption(Effect.interruptible(resultOf<A, E>(joined)), patience.millis).pipe(
            Effect.tap((found) => Effect.sync(() => joined.isKept ||= Option.isNone(found) && patience.isKept))
          )
        return yield* Effect.ensuring(
          restore(result),
          Effect.suspend(() => {
            if (edge !== undefined) joined.waitedBy.delete(edge)
            return leave(joined)
          })
        )
      })
    )

  const start = <A, E, R>(request: Request<A, E, R>) =>
    Effect.uninterruptible(Effect.suspend(() => {
      const flight = flights.get(request.key)
      if (flight === undefined) return depart(request, register({ ...request, isKept: true }))
      flight.isKept = true
      return Effect.void
    }))

  return { run, start, forget: (key) => void flights.delete(key), forgetAll: () => flights.clear() }
})
