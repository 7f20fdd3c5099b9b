/**
 * A value that changes, and whoever watches it. Never the same value twice in a row.
 */
import { Effect, PubSub, Stream } from "effect"

/** Changes held for a slow watcher; older ones are left out. */
const capacity = 16

export interface CurrentValue<A> {
  readonly get: Effect.Effect<A>
  readonly set: (next: A) => Effect.Effect<void>
  /** The current value, then each change. */
  readonly values: Stream.Stream<A>
  /** Each change from now on. */
  readonly changes: Stream.Stream<A>
}

export const make = <A extends string>(initial: A): Effect.Effect<CurrentValue<A>> =>
  Effect.map(PubSub.sliding<A>(capacity), (published) => {
    let current = initial
    return {
      get: Effect.sync(() => current),
      set: (next) =>
        Effect.suspend(() => {
          if (next === current) return Effect.void
          current = next
          return PubSub.publish(published, next)
        }),
      values: Stream.unwrapScoped(
        Effect.map(
          PubSub.subscribe(published),
          (subscription) =>
            Stream.suspend(() => Stream.changes(Stream.concat(Stream.succeed(current), Stream.fromQueue(subscription))))
        )
      ),
      changes: Stream.changes(Stream.fromPubSub(published))
    }
  })
