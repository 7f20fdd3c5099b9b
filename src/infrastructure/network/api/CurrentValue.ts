/**
 * A value that changes, and whoever watches it. Never the same value twice in a row.
 */
import { Effect, Mailbox, Stream } from "effect"

/** Changes held for a slow watcher; older ones are left out. */
const capacity = 16

export interface CurrentValue<A> {
  readonly get: Effect.Effect<A>
  readonly set: (next: A) => Effect.Effect<void>
  /** `set`, as a part of something that happens at once. */
  readonly unsafeSet: (next: A) => void
  /** The current value, then each change. */
  readonly values: Stream.Stream<A>
  /** Each change from now on. */
  readonly changes: Stream.Stream<A>
}

export const make = <A extends string>(initial: A): Effect.Effect<CurrentValue<A>> =>
  Effect.sync(() => {
    let current = initial
    const watchers = new Set<Mailbox.Mailbox<A>>()
    const watching = Effect.acquireRelease(
      Effect.tap(
        Mailbox.make<A>({ capacity, strategy: "sliding" }),
        (watcher) => Effect.sync(() => watchers.add(watcher))
      ),
      (watcher) => Effect.sync(() => watchers.delete(watcher))
    )
    // In one operation: nobody is interrupted, and nobody overtakes, between the value and who watches it.
    const unsafeSet = (next: A) => {
      if (next === current) return
      current = next
      for (const watcher of watchers) watcher.unsafeOffer(next)
    }
    return {
      get: Effect.sync(() => current),
      set: (next) => Effect.sync(() => unsafeSet(next)),
      unsafeSet,
      values: Stream.unwrapScoped(
        Effect.map(watching, (watcher) =>
          Stream.suspend(() =>
            Stream.changes(Stream.concat(Stream.succeed(current), Mailbox.toStream(watcher)))
          ))
      ),
      changes: Stream.unwrapScoped(Effect.map(watching, (watcher) => Stream.changes(Mailbox.toStream(watcher))))
    }
  })
