/**
 * `SecureStore` that forgets everything with its layer.
 */
import { Clock, DateTime, Duration, Effect, Layer, Option, PubSub, Stream } from "effect"
import type { Redacted } from "effect"
import { SecureStore } from "../../../domain/storage/SecureStore.ts"
import type { SecretChange, SecretTransaction, SetOptions } from "../../../domain/storage/SecureStore.ts"
import * as SecretModify from "./SecretModify.ts"
import * as SecretText from "./SecretText.ts"

/** A new object for each write, so that an entry that was set again is another one. */
interface Entry {
  readonly value: Redacted.Redacted<string>
  /** In ms; infinite for never. */
  readonly expiresAt: number
}

type Entries = ReadonlyMap<string, Entry>

const expiry = (options: SetOptions | undefined, now: number) =>
  options?.timeToLive === undefined ? Number.POSITIVE_INFINITY : now + Duration.toMillis(options.timeToLive)

const difference = (before: Entries, after: Entries): ReadonlyArray<SecretChange> => [
  ...Array.from(after).flatMap(([name, entry]) => before.get(name) === entry ? [] : [{ name, kind: "set" as const }]),
  ...Array.from(before.keys()).flatMap((name) => after.has(name) ? [] : [{ name, kind: "removed" as const }])
]

const applied = (entries: Entries, staged: ReadonlyMap<string, Entry | undefined>): Entries => {
  const changed = new Map(entries)
  for (const [name, entry] of staged) {
    if (entry === undefined) changed.delete(name)
    else changed.set(name, entry)
  }
  return changed
}

export const make = Effect.gen(function*() {
  /** Replaced as a whole. */
  let entries: Entries = new Map()
  const alone = yield* Effect.makeSemaphore(1)
  const writes = yield* PubSub.sliding<void>(1)

  const live = (all: Entries) =>
    Effect.map(
      Clock.currentTimeMillis,
      (now): Entries => new Map(Array.from(all).filter(([, { expiresAt }]) => expiresAt > now))
    )

  /** The entries as they are with what is staged. */
  const within = (staged: Map<string, Entry | undefined>): SecretTransaction => {
    const find = (name: string) =>
      Effect.map(Clock.currentTimeMillis, (now) =>
        Option.filter(
          Option.fromNullable(staged.has(name) ? staged.get(name) : entries.get(name)),
          ({ expiresAt }) => expiresAt > now
        ))
    return {
      get: (name) => Effect.map(find(name), Option.map(({ value }) => value)),
      set: (name, value, options) =>
        Effect.gen(function*() {
          yield* SecretText.assertWellFormed(name, value)
          staged.set(name, { value, expiresAt: expiry(options, yield* Clock.currentTimeMillis) })
        }),
      remove: (name) =>
        Effect.map(find(name), (found) => {
          staged.set(name, undefined)
          return Option.isSome(found)
        }),
      list: Effect.map(
        Effect.suspend(() => live(applied(entries, staged))),
        (all) => Array.from(all.keys()).toSorted()
      ),
      expiresAt: (name) => Effect.map(find(name), Option.flatMap(({ expiresAt }) => DateTime.make(expiresAt)))
    }
  }

  const commit = (staged: ReadonlyMap<string, Entry | undefined>) =>
    Effect.gen(function*() {
      const changed = applied(entries, staged)
      if (difference(entries, changed).length === 0) return
      entries = yield* live(changed)
      yield* PubSub.publish(writes, undefined)
    })

  const transaction = <A, E, R>(body: (transaction: SecretTransaction) => Effect.Effect<A, E, R>) =>
    alone.withPermits(1)(Effect.suspend(() => {
      const staged = new Map<string, Entry | undefined>()
      return Effect.uninterruptibleMask((restore) => Effect.tap(restore(body(within(staged))), () => commit(staged)))
    }))

  const now = within(new Map())

  const changes = Effect.gen(function*() {
    const written = yield* PubSub.subscribe(writes)
    let last = entries
    return Stream.fromQueue(written).pipe(Stream.mapConcat(() => {
      const changed = difference(last, entries)
      last = entries
      return changed
    }))
  })

  return SecureStore.of({
    get: now.get,
    set: (name, value, options) => transaction((store) => store.set(name, value, options)),
    remove: (name) => transaction((store) => store.remove(name)),
    has: (name) => Effect.map(now.get(name), Option.isSome),
    list: now.list,
    transaction,
    modify: (name, change) =>
      transaction((inner) => Effect.map(SecretModify.modifyIn(inner, name, change), ([answer]) => answer)),
    changes: Stream.unwrapScoped(changes)
  })
})

/** Every layer built is a store of its own. */
export const layer: Layer.Layer<SecureStore> = Layer.effect(SecureStore, make)
