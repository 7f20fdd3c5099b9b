/**
 * Who may sign in.
 */
import { Context, Effect, Layer, Option, Redacted } from "effect"
import { createHash, randomUUID, timingSafeEqual } from "node:crypto"
import { User, UserId } from "../../domain/auth/User.ts"
import type { HashingUnavailable } from "../../domain/security/PasswordHashing.ts"
import { PasswordHashing } from "../../domain/security/PasswordHashing.ts"
import type { StorageFailure } from "../../domain/storage/StorageFailure.ts"
import { Profile } from "../../domain/user/Profile.ts"
import { LocalDatabase } from "../../infrastructure/storage/local/LocalDatabase.ts"

export class AccountStore extends Context.Tag("effect-strata/backend/store/AccountStore")<
  AccountStore,
  {
    /**
     * The account with this username and password. Takes as long for an unknown username as for a wrong password, once
     * the account's hash is of the current algorithm and cost, which its next sign-in sees to.
     */
    readonly authenticate: (
      username: string,
      password: Redacted.Redacted<string>
    ) => Effect.Effect<Option.Option<User>, HashingUnavailable | StorageFailure>

    readonly profile: (id: UserId) => Effect.Effect<Option.Option<Profile>, StorageFailure>

    /**
     * Creates the account, or gives it this password. That holds at once for as long as the store lives; the hash of an
     * account that exists is compared and replaced after `seed` returned, so that no start waits for it and the password
     * from before does not come back with a store that is not seeded.
     */
    readonly seed: (
      username: string,
      password: Redacted.Redacted<string>
    ) => Effect.Effect<User, HashingUnavailable | StorageFailure>
  }
>() {}

interface Row {
  readonly id: string
  readonly username: string
  readonly display_name: string
  readonly password_hash: string
}

const user = (row: Row) => new User({ id: UserId.make(row.id), username: row.username })

/** In the form that passwords are hashed in. */
const digest = (password: Redacted.Redacted<string>) =>
  createHash("sha256").update(Redacted.value(password).normalize("NFKC")).digest()

/** In constant time. */
const isSame = (one: Redacted.Redacted<string>, other: Redacted.Redacted<string>) =>
  timingSafeEqual(digest(one), digest(other))

export const make = Effect.gen(function*() {
  const { read, sql, writeTransaction } = yield* LocalDatabase
  const passwords = yield* PasswordHashing
  const scope = yield* Effect.scope

  const find = (username: string) =>
    read(sql<Row>`SELECT * FROM accounts WHERE username = ${username}`).pipe(
      Effect.map((rows) => Option.fromNullable(rows[0]))
    )

  /** Passwords of seeded accounts, by username. */
  const seeded = new Map<string, Redacted.Redacted<string>>()

  /** Takes as long as another account's password, which would tell them apart. */
  const unusable = (password: Redacted.Redacted<string>, reason: string) =>
    Effect.logError(`The password hash of an account ${reason}; it matches no password`).pipe(
      Effect.zipRight(passwords.hash(password)),
      Effect.as({ valid: false, needsRehash: false })
    )

  const verify = (row: Row, password: Redacted.Redacted<string>) =>
    passwords.verify(password, row.password_hash).pipe(
      Effect.catchTags({
        InvalidPasswordHash: () => unusable(password, "is malformed"),
        UnsupportedPasswordHash: ({ algorithm }) => unusable(password, `is of ${algorithm}, which is not installed`)
      })
    )

  /**
   * Unless the hash was replaced since `row` was read. The password is right: a hash that cannot be stored now is stored
   * at another sign-in.
   */
  const replaceHash = (row: Row, password: Redacted.Redacted<string>) =>
    passwords.hash(password).pipe(
      Effect.flatMap((hash) =>
        writeTransaction(
          sql`UPDATE accounts SET password_hash = ${hash} WHERE id = ${row.id} AND password_hash = ${row.password_hash}`
        )
      ),
      Effect.catchAll(() => Effect.logWarning("The new password hash of an account could not be stored"))
    )

  /** Unless it is one already that `password` would get today. What cannot be verified now is at a sign-in. */
  const renewHash = (row: Row, password: Redacted.Redacted<string>) =>
    verify(row, password).pipe(
      Effect.flatMap(({ needsRehash, valid }) => valid && !needsRehash ? Effect.void : replaceHash(row, password)),
      Effect.catchAll(({ message }) => Effect.logWarning(message))
    )

  return AccountStore.of({
    authenticate: Effect.fnUntraced(function*(username, password) {
      const found = yield* find(username)
      if (Option.isNone(found)) {
        yield* passwords.hash(password)
        return Option.none()
      }
      const row = found.value
      const { needsRehash, valid } = yield* verify(row, password)
      const configured = seeded.get(username)
      if (configured === undefined ? !valid : !isSame(configured, password)) return Option.none()
      // The configured password is right even where the stored hash is still that of the one before.
      if (!valid || needsRehash) yield* replaceHash(row, password)
      return Option.some(user(row))
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
      seeded.set(username, password)
      const known = yield* find(username)
      if (Option.isSome(known)) {
        yield* Effect.forkIn(renewHash(known.value, password), scope)
        return user(known.value)
      }
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

export const layer: Layer.Layer<AccountStore, never, LocalDatabase | PasswordHashing> = Layer.scoped(AccountStore, make)
