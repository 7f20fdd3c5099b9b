/**
 * Requests that are under way, shared by all who ask for the same. A flight belongs to its scope: whoever started it may
 * go, and it ends when nobody waits for it any more.
 */
import { Deferred, Effect, Exit, Fiber, FiberId } from "effect"
import type { Scope } from "effect"

export type Headers = Readonly<Record<string, string>>

interface Flight<A, E> {
  readonly headers: Headers
  readonly urgency: number
  readonly landed: Deferred.Deferred<A, E>
  fiber: Fiber.RuntimeFiber<A, E> | undefined
  waiting: number
  exit: Exit.Exit<A, E> | undefined
  /** Whoever started it takes nothing any more. */
  isAbandoned: boolean
}

export interface Flights<A, E> {
  /** `run`, unless the same is under way: then what that brings, `joined`. */
  readonly share: <B, E2>(options: {
    readonly key: string
    /** Requests with others are not the same. */
    readonly headers: Headers
    /** Of the request: it does not wait for what is less urgent. */
    readonly urgency: number
    readonly run: Effect.Effect<A, E>
    /** In milliseconds. Who waits longer for another's request gets `late`. */
    readonly within: number
    readonly late: () => E
    readonly use: (result: Exit.Exit<A, E>, joined: boolean) => Effect.Effect<B, E2>
  }) => Effect.Effect<B, E2>
  /** Nobody waits; nothing happens when there is a flight, or too many run like this. */
  readonly startAlone: (options: {
    readonly key: string
    readonly headers: Headers
    readonly urgency: number
    readonly run: Effect.Effect<A, E>
  }) => Effect.Effect<void>
  /** Those who ask from now on get an answer to a later request. */
  readonly forget: (key: string) => void
  readonly size: () => number
}

/** Flights in the background at once. */
const maxAlone = 16

export const areSame = (one: Headers, other: Headers): boolean => {
  const names = Object.keys(one)
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name])
}

/** `unclaimed` gets what flights brought whose starter is gone, or never waited. */
export const make = <A, E>(
  scope: Scope.Scope,
  unclaimed: (landed: A) => Effect.Effect<void>
): Flights<A, E> => {
  const flights = new Map<string, Flight<A, E>>()
  let alone = 0

  const remove = (key: string, flight: Flight<A, E>) => {
    if (flights.get(key) === flight) flights.delete(key)
  }

  const letGo = ({ exit }: Flight<A, E>) =>
    exit !== undefined && Exit.isSuccess(exit) ? unclaimed(exit.value) : Effect.void

  const start = (
    { headers, key, run, urgency }: Parameters<Flights<A, E>["startAlone"]>[0],
    { isAbandoned, onEnd }: { readonly isAbandoned: boolean; readonly onEnd: () => void }
  ) => {
    const flight: Flight<A, E> = {
      headers,
      urgency,
      landed: Deferred.unsafeMake<A, E>(FiberId.none),
      fiber: undefined,
      waiting: 0,
      exit: undefined,
      isAbandoned
    }
    const other = flights.get(key)
    if (other === undefined || areSame(other.headers, headers)) flights.set(key, flight)
    const landing = Effect.onExit(Effect.interruptible(run), (exit) =>
      Effect.suspend(() => {
        remove(key, flight)
        flight.exit = exit
        onEnd()
        Deferred.unsafeDone(flight.landed, exit)
        return flight.isAbandoned ? letGo(flight) : Effect.void
      }))
    return Effect.map(Effect.forkIn(landing, scope), (fiber) => {
      flight.fiber = fiber
      return flight
    })
  }

  /** Ends a flight that nobody needs. */
  const leave = (key: string, flight: Flight<A, E>) =>
    Effect.suspend(() => {
      flight.waiting -= 1
      if (flight.waiting > 0 || flight.exit !== undefined || flight.fiber === undefined) return Effect.void
      remove(key, flight)
      return Fiber.interrupt(flight.fiber)
    })

  const abandon = (flight: Flight<A, E>) =>
    Effect.suspend(() => {
      flight.isAbandoned = true
      return letGo(flight)
    })

  return {
    share: ({ headers, key, late, run, urgency, use, within }) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.suspend(() => {
          const known = flights.get(key)
          const joined = known !== undefined && known.urgency >= urgency && areSame(known.headers, headers)
          return Effect.flatMap(
            joined
              ? Effect.succeed(known)
              : start({ headers, key, run, urgency }, { isAbandoned: false, onEnd: () => undefined }),
            (flight) => {
              flight.waiting += 1
              const landed = Effect.exit(Deferred.await(flight.landed))
              const waited = joined && Number.isFinite(within)
                ? Effect.timeoutTo(landed, {
                  duration: within,
                  onSuccess: (exit) => exit,
                  onTimeout: () => Exit.fail(late())
                })
                : landed
              const used = restore(waited).pipe(
                Effect.ensuring(leave(key, flight)),
                Effect.flatMap((exit) => restore(use(exit, joined)))
              )
              return joined ? used : Effect.onInterrupt(used, () => abandon(flight))
            }
          )
        })
      ),

    startAlone: (options) =>
      Effect.uninterruptible(Effect.suspend(() => {
        if (flights.has(options.key) || alone >= maxAlone) return Effect.void
        alone += 1
        return Effect.map(
          start(options, {
            isAbandoned: true,
            onEnd: () => {
              alone -= 1
            }
          }),
          (flight) => {
            flight.waiting += 1
          }
        )
      })),

    forget: (key) => void flights.delete(key),
    size: () => flights.size
  }
}
