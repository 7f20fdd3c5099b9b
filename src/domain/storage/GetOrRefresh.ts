/**
 * A secret that wears out and is replaced by way of itself, such as a token that is exchanged for a new one and good for
 * one exchange: of all processes that find it worn out, one refreshes, and the others use what it got.
 */
import { Effect, Option } from "effect"
import type { Redacted } from "effect"
import type { SecretFailure } from "./SecretFailure.ts"
import { SecureStore } from "./SecureStore.ts"

type Value = Redacted.Redacted<string>

export interface Options<E, R> {
  readonly name: string

  /** Whether the value will do. Asked again for what another process may have put there meanwhile. */
  readonly isFresh: (value: Value) => Effect.Effect<boolean>

  /** The new value, from the worn out one if there is one. Runs under the store's lock; must not use the store. */
  readonly refresh: (worn: Option.Option<Value>) => Effect.Effect<Value, E, R>
}

/**
 * Refreshes at most once per call. Nothing is written when that fails, and what another process wrote in the meantime is
 * used then, as it is when the lock is `Busy` for too long.
 */
export const getOrRefresh = <E, R>(
  { isFresh, name, refresh }: Options<E, R>
): Effect.Effect<Value, SecretFailure | E, SecureStore | R> =>
  Effect.gen(function*() {
    const store = yield* SecureStore

    const freshOf = (current: Option.Option<Value>): Effect.Effect<Option.Option<Value>> =>
      Option.isSome(current)
        ? Effect.map(isFresh(current.value), (fresh) => fresh ? current : Option.none())
        : Effect.succeedNone

    const fresh = Effect.flatMap(store.get(name), freshOf)

    const refreshed = store.modify(name, (current) =>
      Effect.gen(function*() {
        const found = yield* freshOf(current)
        if (Option.isSome(found)) return [found.value, current] as const
        const value = yield* refresh(current)
        return [value, Option.some(value)] as const
      }))

    /** A store that cannot be read has said so already. */
    const despite = (failure: SecretFailure | E) =>
      Effect.flatMap(
        Effect.orElseSucceed(fresh, () => Option.none<Value>()),
        Option.match({ onNone: () => Effect.fail(failure), onSome: Effect.succeed })
      )

    const known = yield* fresh
    return Option.isSome(known) ? known.value : yield* Effect.catchAll(refreshed, despite)
  })
