/**
 * Sessions and their tokens. Each refresh token works once; presenting a spent one ends the session, because either
 * its owner or a thief holds a copy (RFC 9700, section 4.14.2).
 */
import { Clock, Context, Data, Duration, Effect, Layer, Option, Redacted, Schema } from "effect"
import { randomUUID } from "node:crypto"
import { User, UserId } from "../../domain/auth/User.ts"
import { Crypto } from "../../domain/security/Crypto.ts"
import type { StorageFailure } from "../../domain/storage/StorageFailure.ts"
import type { Tokens } from "../../infrastructure/network/api/contract/SessionsApi.ts"
import { LocalDatabase } from "../../infrastructure/storage/local/LocalDatabase.ts"
import * as Token from "./Token.ts"

export const SessionId = Schema.UUID.pipe(Schema.brand("SessionId"))
export type SessionId = typeof SessionId.Type

/** Who an access token belongs to. */
export interface Authenticated {
  readonly user: User
  readonly session: SessionId
}

/** `Ended`: the token was spent before, so its session is over now. */
export type RefreshOutcome = Data.TaggedEnum<{
  Refreshed: { readonly tokens: Tokens }
  Ended: { readonly session: SessionId }
  Unknown: {}
}>
export const RefreshOutcome = Data.taggedEnum<RefreshOutcome>()

export interface Options {
  /** Default 5 minutes. */
  readonly accessTokenLife?: Duration.DurationInput | undefined
  /** How long a session lives without being refreshed. Default 30 days. */
  readonly idleSessionLife?: Duration.DurationInput | undefined
}

/** Beyond this an account's oldest session ends. */
const sessionsPerAccount = 20

export class SessionStore extends Context.Tag("effect-strata/backend/store/SessionStore")<
  SessionStore,
  {
    readonly start: (account: UserId) => Effect.Effect<Tokens, StorageFailure>
    readonly refresh: (refreshToken: Redacted.Redacted<string>) => Effect.Effect<RefreshOutcome, StorageFailure>

    /** Ends the session of this refresh token, spent or not; `none` when there is none. */
    readonly end: (
      refreshToken: Redacted.Redacted<string>
    ) => Effect.Effect<Option.Option<SessionId>, StorageFailure>

    readonly authenticate: (
      accessToken: Redacted.Redacted<string>
    ) => Effect.Effect<Option.Option<Authenticated>, StorageFailure>

    readonly isAlive: (session: SessionId) => Effect.Effect<boolean, StorageFailure>
  }
>() {}

export const make = (options: Options) =>
  Effect.gen(function*() {
    const { read, sql, writeTransaction } = yield* LocalDatabase
    const crypto = yield* Crypto
    const accessTokenLife = Duration.decode(options.accessTokenLife ?? "5 minutes")
    const idleSessionLife = Duration.decode(options.idleSessionLife ?? "30 days")

    const remove = (session: string) =>
      Effect.all([
        sql`DELETE FROM access_tokens WHERE session_id = ${session}`,
        sql`DELETE FROM refresh_tokens WHERE session_id = ${session}`,
        sql`DELETE FROM sessions WHERE id = ${session}`
      ], { discard: true })

    const issue = Effect.fnUntraced(function*(session: string) {
      const now = yield* Clock.currentTimeMillis
      const accessToken = yield* Token.make(crypto)
      const refreshToken = yield* Token.make(crypto)
      yield* sql`DELETE FROM access_tokens WHERE session_id = ${session} AND expires_at <= ${now}`
      yield* sql`INSERT INTO access_tokens (token_hash, session_id, expires_at)
        VALUES (${Token.digest(Redacted.value(accessToken))}, ${session}, ${now + Duration.toMillis(accessTokenLife)})`
      yield* sql`INSERT INTO refresh_tokens (token_hash, session_id)
        VALUES (${Token.digest(Redacted.value(refreshToken))}, ${session})`
      yield* sql`UPDATE sessions SET expires_at = ${now + Duration.toMillis(idleSessionLife)} WHERE id = ${session}`
      return { accessToken, refreshToken, expiresIn: Duration.toSeconds(accessTokenLife) }
    })

    const find = Effect.fnUntraced(function*(refreshToken: Redacted.Redacted<string>) {
      const [found] = yield* sql<
        { readonly session_id: SessionId; readonly spent: number; readonly expires_at: number }
      >`
        SELECT session_id, spent, expires_at FROM refresh_tokens JOIN sessions ON sessions.id = session_id
        WHERE token_hash = ${Token.digest(Redacted.value(refreshToken))}`
      return Option.fromNullable(found)
    })

    const removeOldSessions = Effect.fnUntraced(function*(account: UserId) {
      const now = yield* Clock.currentTimeMillis
      const surplus = yield* sql<{ readonly id: string }>`
        SELECT id FROM sessions WHERE expires_at <= ${now}
        UNION SELECT id FROM (SELECT id FROM sessions WHERE account_id = ${account}
          ORDER BY started_at DESC LIMIT -1 OFFSET ${sessionsPerAccount - 1})`
      yield* Effect.forEach(surplus, ({ id }) => remove(id), { discard: true })
    })

    return SessionStore.of({
      start: (account) =>
        writeTransaction(Effect.gen(function*() {
          const now = yield* Clock.currentTimeMillis
          const session = randomUUID()
          yield* removeOldSessions(account)
          yield* sql`INSERT INTO sessions (id, account_id, started_at, expires_at)
            VALUES (${session}, ${account}, ${now}, ${now})`
          return yield* issue(session)
        })),

      refresh: (refreshToken) =>
        writeTransaction(Effect.gen(function*() {
          const found = yield* find(refreshToken)
          if (Option.isNone(found)) return RefreshOutcome.Unknown()
          const session = found.value.session_id
          if (found.value.spent === 1 || found.value.expires_at <= (yield* Clock.currentTimeMillis)) {
            yield* remove(session)
            return RefreshOutcome.Ended({ session })
          }
          yield* sql`UPDATE refresh_tokens SET spent = 1
            WHERE token_hash = ${Token.digest(Redacted.value(refreshToken))}`
          return RefreshOutcome.Refreshed({ tokens: yield* issue(session) })
        })),

      end: (refreshToken) =>
        writeTransaction(Effect.gen(function*() {
          const session = Option.map(yield* find(refreshToken), (found) => found.session_id)
          if (Option.isSome(session)) yield* remove(session.value)
          return session
        })),

      authenticate: Effect.fnUntraced(function*(accessToken) {
        const now = yield* Clock.currentTimeMillis
        const [found] = yield* read(
          sql<{ readonly id: string; readonly username: string; readonly session_id: SessionId }>`
            SELECT accounts.id, accounts.username, session_id FROM access_tokens
            JOIN sessions ON sessions.id = session_id JOIN accounts ON accounts.id = sessions.account_id
            WHERE token_hash = ${Token.digest(Redacted.value(accessToken))} AND access_tokens.expires_at > ${now}`
        )
        return Option.map(Option.fromNullable(found), ({ id, session_id, username }) => ({
          user: new User({ id: UserId.make(id), username }),
          session: session_id
        }))
      }),

      isAlive: (session) =>
        Effect.map(read(sql`SELECT 1 FROM sessions WHERE id = ${session}`), (rows) => rows.length > 0)
    })
  })

/** Tokens live in the database as digests only, so a restart keeps everybody signed in. */
export const layer = (options: Options = {}): Layer.Layer<SessionStore, never, LocalDatabase | Crypto> =>
  Layer.effect(SessionStore, make(options))
