/**
 * One commit for all that ask in the same turn of the event loop: each of them is acknowledged after it.
 */
import { Deferred, Effect, Exit, FiberId } from "effect"

interface Waiting<A, B, E> {
  readonly item: A
  readonly done: Deferred.Deferred<B, E>
}

/** A few milliseconds of the event loop. */
const most = 256

/** Fibers that were started together come here in several rounds of microtasks. */
const nextTurn = Effect.async<void>((resume) => {
  setImmediate(() => resume(Effect.void))
})

/**
 * `commit` gives the results of a batch in its order. It goes on when those who asked are interrupted: it belongs to none
 * of them.
 */
export const make = <A, B, E>(commit: (items: ReadonlyArray<A>) => Effect.Effect<ReadonlyArray<B>, E>) => {
  const inTurn = Effect.unsafeMakeSemaphore(1).withPermits(1)
  let waiting: Array<Waiting<A, B, E>> = []

  const commitSome = (batch: ReadonlyArray<Waiting<A, B, E>>) =>
    Effect.map(
      Effect.exit(commit(batch.map(({ item }) => item))),
      (exit) =>
        batch.forEach(({ done }, index) => Deferred.unsafeDone(done, Exit.map(exit, (results) => results[index] as B)))
    )

  const commitAll = Effect.suspend(() => {
    const batch = waiting
    waiting = []
    const parts = Array.from(
      { length: Math.ceil(batch.length / most) },
      (_, part) => batch.slice(part * most, (part + 1) * most)
    )
    return Effect.forEach(parts, commitSome, { discard: true })
  })

  const commitSoon = Effect.forkDaemon(Effect.zipRight(nextTurn, inTurn(commitAll)))

  return (item: A): Effect.Effect<B, E> =>
    Effect.suspend(() => {
      const done = Deferred.unsafeMake<B, E>(FiberId.none)
      waiting.push({ item, done })
      const wait = Deferred.await(done)
      return waiting.length > 1 ? wait : Effect.zipRight(commitSoon, wait)
    })
}
