/**
 * Who may sign in.
 */
import { Context, Effect, Layer, Option } from "effect"
import type { Redacted } from "effect"
import { randomUUID } from "node:crypto"
import { User, UserId } from "../../domain/auth/User.ts"
import { PasswordHashing } from "../../domain/security/PasswordHashing.ts"
import type { StorageFailure } from "../../domain/storage/StorageFailure.ts"
import { Profile } from "../../domain/user/Profile.ts"
import { LocalDatabase } from "../../infrastructure/storage/local/LocalDatabase.ts"

export class AccountStore extends Context.Tag("effect-strata/backend/store/AccountStore")<
  AccountStore,
  {
    /** The account with this username and password. Takes the same time whether the username exists or not. */
    readonly authenticate: (
      username: string,
      password: Redacted.Redacted<string>
    ) => Effect.Effect<Option.Option<User>, StorageFailure>

    readonly profile: (id: UserId) => Effect.Effect<Option.Option<Profile>, StorageFailure>

    /** Creates the account, or gives it this password; changes nothing when both are so already. */
    readonly seed: (username: string, password: Redacted.Redacted<string>) => Effect.Effect<User, StorageFailure>
  }
>() {}

interface Row {
  readonly id: string
  readonly username: string
  readonly display_name: string
  readonly password_hash: string
}

const user = (row: Row) => new User({ id: UserId.make(row.id), username: row.username })

export const make = Effect.gen(function*() {
  const { read, sql, writeTransaction } = yield* LocalDatabase
  const passwords = yield* PasswordHashing

  const find = (username: string) =>
    read(sql<Row>`SELECT * FROM accounts WHERE username = ${username}`).pipe(
      Effect.map((rows) => Option.fromNullable(rows[0]))
    )

  const matches = (row: Row, password: Redacted.Redacted<string>) =>
    passwords.verify(password, row.password_hash).pipe(
      Effect.catchTag("InvalidPasswordHash", () =>
        Effect.as(Effect.logError("The password hash of an account is malformed; nobody can sign in to it"), false))
    )

  return AccountStore.of({
    authenticate: Effect.fnUntraced(function*(username, password) {
      const row = yield* find(username)
      if (Option.isSome(row)) {
        return (yield* matches(row.value, password)) ? Option.some(user(row.value)) : Option.none()
      }
      yield* passwords.hash(password)
      return Option.none()
    }),

    profile: (id) =>
      read(sql<Row>`SELECT * FROM accounts WHERE id = ${id}`).pipe(
        Effect.map(([row]) =>
          Option.map(
            Option.fromNullable(row),
            (found) => new Profile({ id, username: found.username, displayName: found.display_name })
          )
        )
      ),

    seed: Effect.fnUntraced(function*(username, password) {
      const known = yield* find(username)
      if (Option.isSome(known) && (yield* matches(known.value, password))) return user(known.value)
      const hash = yield* passwords.hash(password)
      const displayName = username.split("@", 1)[0] ?? username
      const rows = yield* writeTransaction(
        sql<Row>`INSERT INTO accounts (id, username, display_name, password_hash)
          VALUES (${randomUUID()}, ${username}, ${displayName}, ${hash})
          ON CONFLICT (username) DO UPDATE SET password_hash = excluded.password_hash RETURNING *`
      )
      return yield* Effect.map(Effect.orDie(Effect.fromNullable(rows[0])), user)
    })
  })
})

export const layer: Layer.Layer<AccountStore, never, LocalDatabase | PasswordHashing> = Layer.effect(AccountStore, make)
