/**
 * One commit for all that ask while another one is under way: each of them is acknowledged after its own.
 */
import { Deferred, Effect } from "effect"

interface Waiting<A, B, E> {
  readonly item: A
  readonly done: Deferred.Deferred<B, E>
}

/** `commit` gives the results of a batch in its order. It goes on when who started it is interrupted. */
export const make = <A, B, E>(commit: (items: ReadonlyArray<A>) => Effect.Effect<ReadonlyArray<B>, E>) =>
  Effect.gen(function*() {
    const inTurn = (yield* Effect.makeSemaphore(1)).withPermits(1)
    let waiting: Array<Waiting<A, B, E>> = []

    const commitAll = Effect.suspend(() => {
      const batch = waiting
      waiting = []
      if (batch.length === 0) return Effect.void
      return Effect.flatMap(
        Effect.exit(commit(batch.map(({ item }) => item))),
        (exit) =>
          Effect.forEach(
            batch,
            ({ done }, index) => Deferred.done(done, Effect.map(exit, (results) => results[index] as B) as never),
            { discard: true }
          )
      )
    })

    return (item: A): Effect.Effect<B, E> =>
      Effect.gen(function*() {
        const done = yield* Deferred.make<B, E>()
        waiting.push({ item, done })
        // Who asks in the same turn of the event loop joins in.
        yield* inTurn(Effect.zipRight(Effect.yieldNow(), Effect.uninterruptible(commitAll)))
        return yield* Deferred.await(done)
      })
  })
