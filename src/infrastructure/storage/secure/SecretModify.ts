/**
 * `modify` of every secret store, over its transaction.
 */
import { Effect, Equal, Option } from "effect"
import type { Redacted } from "effect"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import type { SecretTransaction } from "../../../domain/storage/SecureStore.ts"

type Secret = Option.Option<Redacted.Redacted<string>>

/** The very value that was there leaves the entry alone; a new one that is equal frees it of its time to live. */
const isLeft = (transaction: SecretTransaction, name: string, before: Secret, after: Secret) => {
  if (!Equal.equals(before, after)) return Effect.succeed(false)
  return Option.getOrUndefined(before) === Option.getOrUndefined(after)
    ? Effect.succeed(true)
    : Effect.map(transaction.expiresAt(name), Option.isNone)
}

export const modifyIn = <A, E, R>(
  transaction: SecretTransaction,
  name: string,
  change: (current: Secret) => Effect.Effect<readonly [A, Secret], E, R>
): Effect.Effect<readonly [A, "unchanged" | "written" | "removed"], SecretFailure | E, R> =>
  Effect.gen(function*() {
    const before = yield* transaction.get(name)
    const [answer, after] = yield* change(before)
    if (yield* isLeft(transaction, name, before, after)) return [answer, "unchanged"] as const
    if (Option.isSome(after)) yield* transaction.set(name, after.value)
    else yield* transaction.remove(name)
    return [answer, Option.isSome(after) ? "written" : "removed"] as const
  })
