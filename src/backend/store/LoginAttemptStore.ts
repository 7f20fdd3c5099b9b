/**
 * Slows down guessing: at most ten failed sign-ins a minute for one username, whether it exists or not.
 */
import { Clock, Context, Duration, Effect, Layer, Option } from "effect"
import type { StorageFailure } from "../../domain/storage/StorageFailure.ts"
import { LocalDatabase } from "../../infrastructure/storage/local/LocalDatabase.ts"
import * as Token from "./Token.ts"

const limit = 10
const window = Duration.toMillis("1 minute")

export class LoginAttemptStore extends Context.Tag("effect-strata/backend/store/LoginAttemptStore")<
  LoginAttemptStore,
  {
    /** Counts an attempt before it is made, so that parallel ones count too; else how long to wait. */
    readonly begin: (username: string) => Effect.Effect<Option.Option<Duration.Duration>, StorageFailure>

    /** The attempt succeeded: forgets the failed ones. */
    readonly forget: (username: string) => Effect.Effect<void, StorageFailure>
  }
>() {}

export const make = Effect.gen(function*() {
  const { sql, writeTransaction } = yield* LocalDatabase

  return LoginAttemptStore.of({
    begin: (username) =>
      writeTransaction(Effect.gen(function*() {
        const now = yield* Clock.currentTimeMillis
        // A digest, because people type passwords into the field for the username.
        const hash = Token.digest(username)
        yield* sql`DELETE FROM login_attempts WHERE at <= ${now - window}`
        const [recent] = yield* sql<{ readonly count: number; readonly oldest: number | null }>`
          SELECT COUNT(*) AS count, MIN(at) AS oldest FROM login_attempts WHERE username_hash = ${hash}`
        if (recent !== undefined && recent.count >= limit) {
          return Option.some(Duration.millis((recent.oldest ?? now) + window - now))
        }
        yield* sql`INSERT INTO login_attempts (username_hash, at) VALUES (${hash}, ${now})`
        return Option.none()
      })),

    forget: (username) =>
      Effect.asVoid(writeTransaction(sql`DELETE FROM login_attempts WHERE username_hash = ${Token.digest(username)}`))
  })
})

export const layer: Layer.Layer<LoginAttemptStore, never, LocalDatabase> = Layer.effect(LoginAttemptStore, make)
